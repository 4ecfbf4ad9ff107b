#pragma once
// What is known of values while the graph is built. Shapes in ONNX files are often computed by
// whole subgraphs of integers; they are evaluated here and vanish.

#include <optional>

#include "onnx_import/parameters.h"

namespace palimpsest::onnx_import {

class Known {
 public:
  Known(Graph& graph, const Parameters& parameters, const Evaluator& evaluate)
      : graph_(graph), parameters_(parameters), evaluate_(evaluate) {}

  /// The data of a value that depends on no data input; parameters count with what the file
  /// holds. Nothing when it does depend on one. Throws ResourceError beyond 2^28 bytes a node.
  std::optional<Literal> literal(Value value);

  /// The constant equal to a value made of constants only, else the value itself. Large floats
  /// stay as they are: passes fold those that matter.
  Value folded(Value value);

 private:
  enum class Source : unsigned char { constants, parameters, data };

  Source source(Value value);
  Literal evaluated(Value value);
  bool worth_folding(const Node& node) const;

  Graph& graph_;
  const Parameters& parameters_;
  const Evaluator& evaluate_;
  std::vector<Source> sources_;  // by node index, extended as the graph grows
};

}  // namespace palimpsest::onnx_import
