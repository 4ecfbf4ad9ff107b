#include "onnx_import/wire_check.h"

#include <array>
#include <cstdint>
#include <vector>

#include "graph/error.h"

namespace palimpsest::onnx_import {
namespace {

constexpr std::size_t max_depth = 96;
constexpr std::uint64_t max_pieces = std::uint64_t{1} << 23;

/// The messages of wire.proto that hold messages; all others are leaves here.
enum class Kind {
  leaf,
  model,
  graph,
  node,
  attribute,
  tensor,
  sparse,
  info,
  type,
  tensor_type,
  shape,
  function
};

struct Child {
  Kind parent;
  std::uint64_t field;
  Kind kind;
};

constexpr std::array children{
    Child{Kind::model, 7, Kind::graph},       Child{Kind::model, 25, Kind::function},
    Child{Kind::graph, 1, Kind::node},        Child{Kind::graph, 5, Kind::tensor},
    Child{Kind::graph, 11, Kind::info},       Child{Kind::graph, 12, Kind::info},
    Child{Kind::graph, 15, Kind::sparse},     Child{Kind::node, 5, Kind::attribute},
    Child{Kind::attribute, 5, Kind::tensor},  Child{Kind::attribute, 6, Kind::graph},
    Child{Kind::attribute, 22, Kind::sparse}, Child{Kind::sparse, 1, Kind::tensor},
    Child{Kind::sparse, 2, Kind::tensor},     Child{Kind::info, 2, Kind::type},
    Child{Kind::type, 1, Kind::tensor_type},  Child{Kind::tensor_type, 2, Kind::shape},
    Child{Kind::function, 7, Kind::node},     Child{Kind::function, 11, Kind::attribute},
};

Kind child_of(Kind parent, std::uint64_t field) {
  for (const Child& child : children)
    if (child.parent == parent && child.field == field) return child.kind;
  return Kind::leaf;
}

class Walk {
 public:
  Walk(std::span<const std::byte> bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  void run(Kind root) {
    open_.push_back({root, bytes_.size()});
    while (!open_.empty()) {
      if (at_ == open_.back().end)
        open_.pop_back();
      else
        field();
    }
  }

 private:
  struct Open {
    Kind kind;
    std::size_t end;
  };

  [[noreturn]] void fail(std::string_view what) const {
    throw ImportError(text(where_, ": not a valid ONNX file: ", what, " at byte ", at_));
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == open_.back().end) fail("a number is cut off");
      const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number is longer than ten bytes");
  }

  void skip(std::uint64_t count) {
    if (count > open_.back().end - at_) fail("a field is cut off");
    at_ += count;
  }

  void field() {
    const std::uint64_t tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        return;
      case 1:
        return skip(8);
      case 2:
        return piece(tag >> 3);
      case 5:
        return skip(4);
      default:
        fail("a field of unknown type");
    }
  }

  void piece(std::uint64_t number) {
    if (++pieces_ > max_pieces) fail(text("more than ", max_pieces, " strings and messages"));
    const std::uint64_t length = varint();
    const std::size_t begin = at_;
    skip(length);
    const Kind kind = child_of(open_.back().kind, number);
    if (kind == Kind::leaf) return;
    if (open_.size() == max_depth) fail(text("more than ", max_depth, " nested messages"));
    at_ = begin;
    open_.push_back({kind, begin + static_cast<std::size_t>(length)});
  }

  std::span<const std::byte> bytes_;
  std::string_view where_;
  std::size_t at_ = 0;
  std::uint64_t pieces_ = 0;
  std::vector<Open> open_;
};

}  // namespace

void check_wire(std::span<const std::byte> bytes, Message message, std::string_view where) {
  Walk(bytes, where).run(message == Message::model ? Kind::model : Kind::tensor);
}

}  // namespace palimpsest::onnx_import
