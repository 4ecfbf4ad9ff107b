#include "autodiff/rules.h"

#include <array>

#include "ops/pointwise/binary.h"

namespace palimpsest::autodiff {
namespace {

Value sum_of(Value a, Value b) { return a ? a + b : b; }

/// <ct, D(t)> is linear in t, so its derivative with respect to t is D's adjoint of ct,
/// whatever t is: differentiate the differential at t = 0.
Value adjoint_of_differential(Value y, int operand, Value ct) {
  const Node& node = y.node();
  const Value x = node.inputs[static_cast<std::size_t>(operand)];
  const Value t = detach(zeros_like(x));
  const Value dy = node.op.differential(operand, node.inputs, y, t);
  return vjp_within(std::array{dy}, std::array{ct}, std::array{t}).front();
}

Value pointwise_tangent(Value y, Operands tangents) {
  const Node& node = y.node();
  Value sum;
  for (std::size_t k = 0; k < tangents.size(); ++k)
    if (tangents[k])
      sum = sum_of(sum, node.op.partial(static_cast<int>(k), node.inputs, y) * tangents[k]);
  return sum;
}

/// A joint-linear primitive maps tangents as it maps values; missing ones are zeros.
Value joint_tangent(Value y, Operands tangents) {
  const Node& node = y.node();
  std::vector<Value> operands = node.inputs;
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (differentiable(node, k)) operands[k] = tangents[k] ? tangents[k] : zeros_like(operands[k]);
  return y.graph().add(node.op, std::move(operands));
}

Value multilinear_tangent(Value y, Operands tangents) {
  const Node& node = y.node();
  Value sum;
  for (std::size_t k = 0; k < tangents.size(); ++k) {
    if (!tangents[k]) continue;
    std::vector<Value> operands = node.inputs;
    operands[k] = tangents[k];
    sum = sum_of(sum, y.graph().add(node.op, std::move(operands)));
  }
  return sum;
}

Value nonlinear_tangent(Value y, Operands tangents) {
  const Node& node = y.node();
  Value sum;
  for (std::size_t k = 0; k < tangents.size(); ++k)
    if (tangents[k])
      sum = sum_of(sum, node.op.differential(static_cast<int>(k), node.inputs, y, tangents[k]));
  return sum;
}

}  // namespace

bool differentiable(const Node& node, std::size_t operand) {
  return node.op.derivative() != Derivative::inert && is_float(node.type.dtype) &&
         is_float(node.inputs[operand].dtype());
}

Value operand_cotangent(Value y, int operand, Value ct) {
  const Node& node = y.node();
  switch (node.op.derivative()) {
    case Derivative::pointwise:  // the Jacobian is diagonal, hence its own adjoint
      return node.op.partial(operand, node.inputs, y) * ct;
    case Derivative::joint:
    case Derivative::multilinear:
      return node.op.transpose(operand, node.inputs, ct);
    case Derivative::nonlinear:
      return adjoint_of_differential(y, operand, ct);
    case Derivative::inert:
      break;
  }
  throw std::logic_error(text("no derivative flows through '", node.op.name(), "'"));
}

Value result_tangent(Value y, Operands tangents) {
  switch (y.node().op.derivative()) {
    case Derivative::pointwise:
      return pointwise_tangent(y, tangents);
    case Derivative::joint:
      return joint_tangent(y, tangents);
    case Derivative::multilinear:
      return multilinear_tangent(y, tangents);
    case Derivative::nonlinear:
      return nonlinear_tangent(y, tangents);
    case Derivative::inert:
      break;
  }
  throw std::logic_error(text("no derivative flows through '", y.node().op.name(), "'"));
}

}  // namespace palimpsest::autodiff
