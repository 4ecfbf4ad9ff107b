#pragma once
// The program as data: an append-only list of nodes, each the result of one primitive.
// Operands come before their users, so index order is a topological order. Equal nodes
// are shared (hash-consed), which makes common subexpressions free. A graph holds no
// runtime data but its constants and knows neither devices nor which primitives exist.

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/literal.h"
#include "graph/op.h"

namespace palimpsest {

struct Node {
  Op op;
  std::vector<Value> inputs;
  TensorType type;
  std::uint32_t label;  ///< index for Graph::label
};

class Graph {
 public:
  Graph() = default;
  // Values point to their graph, so it never moves.
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// The node op(inputs), a new one or the equal one that is already there.
  /// Throws ShapeError, with the label of the node, when the operands do not fit.
  Value add(Op op, std::vector<Value> inputs);

  /// Adds the next input. Inputs are never shared.
  Value input(TensorType type, std::string label = {});
  Value constant(Literal literal);

  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  const Node& node(std::uint32_t index) const { return nodes_[index]; }
  Value value(std::uint32_t index) { return {this, index}; }

  /// Where a node comes from ("conv1 (Conv)"): the label current when it was added.
  const std::string& label(const Node& node) const { return labels_[node.label]; }

 private:
  friend class LabelScope;

  std::deque<Node> nodes_;  // a deque: references survive the appends that rules make
  std::unordered_multimap<std::size_t, std::uint32_t> by_hash_;
  std::vector<std::string> labels_{std::string{}};
  std::uint32_t current_label_ = 0;
  int inputs_ = 0;
};

/// While it lives, nodes added to the graph carry this label.
class LabelScope {
 public:
  LabelScope(Graph& graph, std::string label);
  ~LabelScope() { graph_.current_label_ = previous_; }
  LabelScope(const LabelScope&) = delete;
  LabelScope& operator=(const LabelScope&) = delete;

 private:
  Graph& graph_;
  std::uint32_t previous_;
};

/// The constant's data when the value is a Constant, else null.
const Literal* constant_of(Value value);

}  // namespace palimpsest
