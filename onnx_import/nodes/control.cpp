// Branches whose condition is known at import.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"

namespace palimpsest::onnx_import {
namespace {

std::vector<Value> branch(NodeContext& node) {
  return node.lower_branch(node.required_real(0) != 0 ? "then_branch" : "else_branch");
}

}  // namespace

void add_control_nodes(NodeTable& table) { table.add("If", 1, branch); }

}  // namespace palimpsest::onnx_import
