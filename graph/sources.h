#pragma once
// The two nodes every graph begins with: inputs, which are told apart by their position,
// and constants, which carry their data.

#include "graph/literal.h"
#include "graph/op.h"

namespace palimpsest {

/// A value that the caller provides at every run.
struct Input {
  static constexpr std::string_view name = "input";
  static constexpr bool inert = true;
  int position = 0;
  TensorType type;
  std::string label;  ///< e.g. the parameter's name; part of no comparison of data

  TensorType infer(Types) const { return type; }
  std::string attributes() const { return label; }
  bool operator==(const Input&) const = default;
};

/// A value known when the graph is built.
struct Constant {
  static constexpr std::string_view name = "constant";
  static constexpr bool inert = true;
  Literal literal;

  TensorType infer(Types) const { return literal.type(); }
  std::size_t hash() const { return literal.hash(); }
  std::string attributes() const;
  bool operator==(const Constant&) const = default;
};

}  // namespace palimpsest
