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
  /// holds. Nothing when it does depend on one. Throws ResourceError beyond 2^28 bytes a node and
  /// 2^33 bytes in all.
  std::optional<Literal> literal(Value value);

  /// The constant equal to a value made of constants only, else the value itself. Large floats
  /// stay as they are: passes fold those that matter.
  Value folded(Value value);

 private:
  /// What a value is computed from, the worst of its operands: small constants, constants on the
  /// way to which something large would have to be computed, parameters, data inputs.
  enum class Source : unsigned char { constants, large, parameters, data };

  Source source(Value value);
  Literal evaluated(Value value);

  Graph& graph_;
  const Parameters& parameters_;
  const Evaluator& evaluate_;
  std::vector<Source> sources_;  // by node index, extended as the graph grows
  std::size_t evaluated_bytes_ = 0;
};

}  // namespace palimpsest::onnx_import
