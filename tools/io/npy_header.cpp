// The grammar of a .npy header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }

#include <array>
#include <charconv>
#include <optional>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"
#include "tools/io/escape.h"
#include "tools/io/npy.h"

namespace palimpsest::tools {
namespace {

class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view place) : rest_(text), place_(place) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      field();
      if (accept(',')) continue;
      expect('}');
      break;
    }
    skip_space();
    if (!rest_.empty()) fail("the end of the header");
    if (!descr_ || !fortran_order_ || !extents_)
      throw InputError(
          text(place_, ": npy header: the keys descr, fortran_order and shape expected"));
    NpyHeader header;
    header.stored = element_of(*descr_);
    header.stored.shape = checked_shape(std::move(*extents_), place_);
    header.fortran_order = *fortran_order_;
    return header;
  }

 private:
  void field() {
    const std::string_view key = string();
    expect(':');
    if (key == "descr" && !descr_)
      descr_ = descr();
    else if (key == "fortran_order" && !fortran_order_)
      fortran_order_ = boolean();
    else if (key == "shape" && !extents_)
      extents_ = tuple();
    else
      throw InputError(text(place_,
                            ": npy header: descr, fortran_order and shape once each expected, ",
                            quoted_name(key), " came"));
  }

  std::string_view descr() {
    skip_space();
    if (rest_.starts_with('[') || rest_.starts_with('('))
      throw InputError(text(place_, ": numbers expected, a structured dtype came"));
    return string();
  }

  bool boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail("True or False");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> extents;
    expect('(');
    while (!accept(')')) {
      extents.push_back(integer());
      if (extents.size() > Shape::max_rank)
        throw InputError(text(place_, ": rank at most ", Shape::max_rank, " expected, more came"));
      if (accept(',')) continue;
      if (extents.size() < 2) fail("',' after the only extent");
      expect(')');
      break;
    }
    return extents;
  }

  std::int64_t integer() {
    skip_space();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) fail("an extent of 0 to 2^63-1");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (rest_.starts_with('L')) rest_.remove_prefix(1);  // Python 2 wrote long integers so
    return value;
  }

  /// A string without escapes: no key and no descr that is accepted needs one.
  std::string_view string() {
    skip_space();
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) fail("a string");
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) fail("the end of a string");
    const std::string_view value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }

  void skip_space() {
    const std::size_t length = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  bool accept(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(text("'", c, "'"));
  }

  [[noreturn]] void fail(std::string_view expected) const {
    throw InputError(text(place_, ": npy header: ", expected, " expected, ",
                          rest_.empty() ? "the end" : quoted_name(rest_.substr(0, 24)), " came"));
  }

  /// "<f4" and its like: byte order, kind, bytes.
  StoredTensor element_of(std::string_view descr) const {
    struct Row {
      std::string_view code;
      Element element;
    };
    constexpr std::array<Row, 12> rows{{{"f2", Element::f16},
                                        {"f4", Element::f32},
                                        {"f8", Element::f64},
                                        {"i1", Element::i8},
                                        {"i2", Element::i16},
                                        {"i4", Element::i32},
                                        {"i8", Element::i64},
                                        {"u1", Element::u8},
                                        {"u2", Element::u16},
                                        {"u4", Element::u32},
                                        {"u8", Element::u64},
                                        {"b1", Element::boolean}}};
    std::string_view code = descr;
    char order = '=';
    if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
      order = code[0];
      code.remove_prefix(1);
    }
    for (const Row& row : rows)
      if (row.code == code && (order != '|' || size_of(row.element) == 1))
        return {row.element, order == '>' ? std::endian::big : std::endian::little, {}};
    const bool object = code.starts_with('O');
    throw InputError(text(place_, ": dtype f2, f4, f8, i1..i8, u1..u8 or b1 expected, ",
                          quoted_name(descr), " came",
                          object ? " (Python objects; export plain numbers)" : ""));
  }

  std::string_view rest_;
  std::string_view place_;
  std::optional<std::string_view> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::int64_t>> extents_;
};

}  // namespace

NpyHeader parse_npy_header(ByteView head, std::string_view place) {
  ByteCursor cursor(head, std::string(place));
  if (characters(cursor.take(6, "npy magic")) != "\x93NUMPY")
    throw InputError(text(place, ": npy magic \\x93NUMPY expected, other bytes came"));
  const auto major = cursor.read<std::uint8_t>("npy version");
  const auto minor = cursor.read<std::uint8_t>("npy version");
  if (major < 1 || major > 3 || minor != 0)
    throw InputError(text(place, ": npy version 1.0, 2.0 or 3.0 expected, ", int{major}, ".",
                          int{minor}, " came"));
  const std::uint32_t length = major == 1 ? cursor.read<std::uint16_t>("npy header length")
                                          : cursor.read<std::uint32_t>("npy header length");
  constexpr std::uint32_t longest = 10'000;
  if (length > longest)
    throw InputError(
        text(place, ": npy header of at most ", longest, " bytes expected, ", length, " came"));
  const ByteView header_text = cursor.take(length, "npy header");
  NpyHeader header = HeaderParser(characters(header_text), place).parse();
  header.data_offset = cursor.position();
  return header;
}

}  // namespace palimpsest::tools
