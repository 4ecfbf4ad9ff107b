// Nodes that pass their operand on: renaming, conversion, dropout.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

std::vector<Value> identity(NodeContext& node) {
  if (const Value own = node.alias()) return {own};
  return {node.input(0)};
}

std::vector<Value> cast_to(NodeContext& node) {
  return {cast(node.input(0), node.dtype_of(node.attributes().integer("to")))};
}

std::vector<Value> cast_like(NodeContext& node) {
  return {cast(node.input(0), node.input(1).dtype())};
}

enum class Draw { active, none };

/// The mask of the draw is the client's secret, so dropout is imported as the identity.
std::vector<Value> pass_through(NodeContext& node, Draw draw) {
  const Value x = node.input(0);
  node.model().dropouts.push_back(node.name());
  if (draw == Draw::active)
    node.model().warnings.push_back(
        text("dropout '", node.name(), "' is active in the file; it is imported as the identity"));
  return {x, full(node.graph(), {DType::boolean, x.shape()}, 1)};
}

std::vector<Value> dropout_by_attributes(NodeContext& node) {
  const bool training = node.opset() < 7 && node.attributes().integer("is_test", 0) == 0;
  const bool drops = training && node.attributes().real("ratio", 0.5) > 0;
  return pass_through(node, drops ? Draw::active : Draw::none);
}

std::vector<Value> dropout(NodeContext& node) {
  const double ratio = node.has_input(1) ? node.required_real(1) : 0.5;
  const bool training = node.has_input(2) && node.required_real(2) != 0;
  return pass_through(node, training && ratio > 0 ? Draw::active : Draw::none);
}

}  // namespace

void add_identity_nodes(NodeTable& table) {
  table.add("Identity", 1, identity);
  table.add("Cast", 6, cast_to);
  table.add("CastLike", 15, cast_like);
  table.add("Dropout", 1, dropout_by_attributes);
  table.add("Dropout", 12, dropout);
}

}  // namespace palimpsest::onnx_import
