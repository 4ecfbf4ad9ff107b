#include "ops/product_flops.h"

#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"

namespace palimpsest {
namespace {

double multiply_adds(const ConvGeometry& geometry) {
  const auto outputs = static_cast<double>(geometry.output.elements());
  const std::int64_t per_output = geometry.filter.elements() / geometry.filter[0];
  return outputs * static_cast<double>(per_output);
}

double multiply_adds(const Node& node) {
  if (const auto* op = node.op.as<Conv>()) return multiply_adds(op->geometry);
  if (const auto* op = node.op.as<ConvInputGrad>()) return multiply_adds(op->geometry);
  if (const auto* op = node.op.as<ConvFilterGrad>()) return multiply_adds(op->geometry);
  if (const auto* op = node.op.as<MatMul>()) {
    const Shape& a = node.inputs[0].shape();
    return static_cast<double>(node.type.shape.elements()) *
           static_cast<double>(op->transpose_a ? a[-2] : a[-1]);
  }
  return 0;
}

}  // namespace

double product_flops(const Function& function) {
  const std::vector<bool> marked = reachable(function);
  double sum = 0;
  for (std::uint32_t index = 0; index < function.graph->size(); ++index)
    if (marked[index]) sum += 2 * multiply_adds(function.graph->node(index));
  return sum;
}

}  // namespace palimpsest
