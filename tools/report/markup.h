#pragma once
// HTML and SVG as they are written: elements are closed by scope, and every text and attribute
// value is escaped on its way in, so that nothing from a file can leave its place.

#include <string>
#include <string_view>
#include <vector>

namespace palimpsest::tools {

/// Text as HTML shows it: the five characters of markup as entities; control, bidirectional and
/// invalid characters written out as terminal_text does.
std::string markup_text(std::string_view text);

/// The name is the program's own word; the value may come from a file.
struct Attribute {
  const char* name;
  std::string value;
};

class Markup {
 public:
  /// Escaped text.
  Markup& text(std::string_view content);
  /// The same, with line breaks and tabs kept: for <pre>.
  Markup& lines(std::string_view content);
  /// A whole element around escaped text.
  Markup& element(const char* tag, std::string_view content,
                  const std::vector<Attribute>& attributes = {});
  /// An element without content: <img>, <line>.
  Markup& empty(const char* tag, const std::vector<Attribute>& attributes);
  /// Markup that the program itself wrote.
  Markup& own(std::string_view markup);

  const std::string& str() const { return text_; }

 private:
  friend class Element;
  void open(const char* tag, const std::vector<Attribute>& attributes, const char* end);
  void close(const char* tag);

  std::string text_;
};

/// An element that is open as long as this lives.
class Element {
 public:
  Element(Markup& out, const char* tag, const std::vector<Attribute>& attributes = {});
  /// The common case of one attribute.
  Element(Markup& out, const char* tag, const char* class_name);
  ~Element();
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;

 private:
  Markup& out_;
  const char* tag_;
};

}  // namespace palimpsest::tools
