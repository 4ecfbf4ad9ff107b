#pragma once
// The trainable tensors met while lowering: each is an input of the graph, found again by its
// node.

#include <map>

#include "graph/graph.h"
#include "graph/model.h"

namespace palimpsest::onnx_import {

class Parameters {
 public:
  explicit Parameters(Graph& graph) : graph_(graph) {}

  Value add(const std::string& name, Literal initial);
  /// The parameter that a value is, else null.
  const Parameter* find(Value value) const;
  /// In the order of their creation; `input` is not yet set.
  const std::vector<std::pair<Value, Parameter>>& all() const { return all_; }

 private:
  Graph& graph_;
  std::vector<std::pair<Value, Parameter>> all_;
  std::map<std::uint32_t, std::size_t> by_node_;
};

}  // namespace palimpsest::onnx_import
