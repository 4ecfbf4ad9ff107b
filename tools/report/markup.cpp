#include "tools/report/markup.h"

#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

/// The five characters that markup is made of, as entities.
std::string entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

}  // namespace

std::string markup_text(std::string_view text) { return entities(terminal_text(text)); }

Markup& Markup::text(std::string_view content) {
  text_ += markup_text(content);
  return *this;
}

Markup& Markup::lines(std::string_view content) {
  while (!content.empty()) {
    const std::size_t end = std::min(content.find_first_of("\n\t"), content.size());
    text(content.substr(0, end));
    if (end < content.size()) text_ += content[end];
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return *this;
}

Markup& Markup::element(const char* tag, std::string_view content,
                        const std::vector<Attribute>& attributes) {
  open(tag, attributes, ">");
  text(content);
  close(tag);
  return *this;
}

Markup& Markup::empty(const char* tag, const std::vector<Attribute>& attributes) {
  open(tag, attributes, "/>");
  return *this;
}

Markup& Markup::own(std::string_view markup) {
  text_ += markup;
  return *this;
}

void Markup::open(const char* tag, const std::vector<Attribute>& attributes, const char* end) {
  text_.append("<").append(tag);
  for (const auto& [name, value] : attributes)
    text_.append(" ").append(name).append("=\"").append(markup_text(value)).append("\"");
  text_.append(end);
}

void Markup::close(const char* tag) { text_.append("</").append(tag).append(">"); }

Element::Element(Markup& out, const char* tag, const std::vector<Attribute>& attributes)
    : out_(out), tag_(tag) {
  out_.open(tag_, attributes, ">");
}

Element::Element(Markup& out, const char* tag, const char* class_name)
    : Element(out, tag, {{"class", class_name}}) {}

Element::~Element() { out_.close(tag_); }

}  // namespace palimpsest::tools
