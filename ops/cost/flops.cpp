#include "ops/cost/flops.h"

#include "graph/sources.h"
#include "ops/conv/conv.h"
#include "ops/fused/fused.h"
#include "ops/fused/rows.h"
#include "ops/gather/gather.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"
#include "ops/window/window.h"

namespace palimpsest {
namespace {

template <class... P>
bool is_one_of(const Op& op) {
  return ((op.type() == typeid(P)) || ...);
}

double product(std::span<const std::int64_t> extents) {
  double result = 1;
  for (const std::int64_t extent : extents) result *= static_cast<double>(extent);
  return result;
}

double elements(const TensorType& type) { return static_cast<double>(type.shape.elements()); }

double of_conv(const ConvGeometry& geometry) {
  const auto outputs = static_cast<double>(geometry.output.elements());
  const std::int64_t per_output = geometry.filter.elements() / geometry.filter[0];
  return 2 * outputs * static_cast<double>(per_output);
}

double of_matmul(const MatMul& op, Types in, const TensorType& output) {
  const Shape& a = in[0].shape;
  return 2 * elements(output) * static_cast<double>(op.transpose_a ? a[-2] : a[-1]);
}

double of_windows(const WindowGeometry& geometry) {
  return static_cast<double>(geometry.output.elements()) * product(geometry.size);
}

double of_matrix(const TensorType& matrices) {
  return elements(matrices) * static_cast<double>(matrices.shape[-1]);
}

/// Reductions take in full values, and so count as they do.
double of_rows(const FusedRows& op, Types in) {
  const std::vector<TensorType> types = op.value_types(in);
  double sum = 0;
  for (std::size_t i = 0; i < op.body.size(); ++i)
    sum += reduced_axes(op.body[i].op) ? static_cast<double>(op.shape.elements())
                                       : elements(types[in.size() + i]);
  return sum;
}

}  // namespace

bool is_product(const Op& op) { return is_one_of<Conv, ConvInputGrad, ConvFilterGrad, MatMul>(op); }

double flops(const Op& op, Types inputs, const TensorType& output) {
  if (const auto* conv = op.as<Conv>()) return of_conv(conv->geometry);
  if (const auto* conv = op.as<ConvInputGrad>()) return of_conv(conv->geometry);
  if (const auto* conv = op.as<ConvFilterGrad>()) return of_conv(conv->geometry);
  if (const auto* matmul = op.as<MatMul>()) return of_matmul(*matmul, inputs, output);
  if (const auto* fused = op.as<FusedPointwise>())
    return static_cast<double>(fused->body.size()) * elements(output);
  if (const auto* fused = op.as<FusedReduction>())
    return static_cast<double>((fused->body.size() + fused->reductions.size()) *
                               static_cast<std::size_t>(fused->shape.elements()));
  if (const auto* rows = op.as<FusedRows>()) return of_rows(*rows, inputs);
  if (const auto* window = op.as<WindowSum>()) return of_windows(window->geometry);
  if (const auto* window = op.as<WindowSpread>()) return of_windows(window->geometry);
  if (const auto* window = op.as<WindowArgmax>()) return of_windows(window->geometry);
  if (op.as<Inverse>()) return 2 * of_matrix(inputs[0]);
  if (op.as<Determinant>()) return 2 * of_matrix(inputs[0]) / 3;
  if (is_one_of<ReduceSum, CumSum, ReduceMax, ArgMax, TopK, ScatterAdd>(op))
    return elements(inputs[0]);
  if (is_one_of<Input, Constant, Detach, Reshape, Permute, Broadcast, Slice, Pad, Concat, Reverse,
                Gather, Iota, Random, Part>(op))
    return 0;
  return elements(output);
}

double flops(const Node& node) {
  std::vector<TensorType> types;
  for (const Value input : node.inputs) types.push_back(input.type());
  return flops(node.op, types, node.type);
}

double product_flops(const Function& function) {
  const std::vector<bool> marked = reachable(function);
  double sum = 0;
  for (std::uint32_t index = 0; index < function.graph->size(); ++index) {
    const Node& node = function.graph->node(index);
    if (marked[index] && is_product(node.op)) sum += flops(node);
  }
  return sum;
}

}  // namespace palimpsest
