#include "autodiff/autodiff.h"

#include <algorithm>
#include <array>

#include "autodiff/rules.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::autodiff {
namespace {

void check_pairs(std::string_view what, Operands values, Operands directions) {
  if (values.size() != directions.size())
    throw ShapeError(
        text(what, ": ", values.size(), " values, ", directions.size(), " directions came"));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i].type() == directions[i].type()))
      throw ShapeError(text(what, ": direction ", i, ": ", values[i].type(), " expected, ",
                            directions[i].type(), " came"));
}

void check_variables(std::string_view what, Operands wrt) {
  for (const Value variable : wrt)
    if (!is_float(variable.dtype()))
      throw UnsupportedError(text(what, ": derivatives are taken with respect to f32 or f64, ",
                                  variable.type(), " came"));
}

std::uint32_t last_index(Operands values) {
  std::uint32_t last = 0;
  for (const Value value : values) last = std::max(last, value.index());
  return last;
}

/// Marks, by index, the variables and all that depends on them through derivatives. The
/// variables themselves count as independent: what lies behind them is not followed.
std::vector<bool> dependents(Operands wrt, std::uint32_t end) {
  std::vector<bool> marked(end, false);
  if (wrt.empty()) return marked;
  for (const Value variable : wrt)
    if (variable.index() < end) marked[variable.index()] = true;
  const Graph& graph = wrt.front().graph();
  for (std::uint32_t index = 0; index < end; ++index) {
    if (marked[index]) continue;
    const Node& node = graph.node(index);
    for (std::size_t k = 0; k < node.inputs.size(); ++k)
      if (marked[node.inputs[k].index()] && differentiable(node, k)) marked[index] = true;
  }
  return marked;
}

bool contains(Operands values, Value value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

Value value_or_zeros(Value value, Value like) { return value ? value : zeros_like(like); }

}  // namespace

std::vector<Value> vjp(Operands outputs, Operands cotangents, Operands wrt) {
  check_pairs("vjp", outputs, cotangents);
  check_variables("vjp", wrt);
  const std::uint32_t end = outputs.empty() ? 0 : last_index(outputs) + 1;
  const std::vector<bool> active = dependents(wrt, end);

  std::vector<Value> ct(end);
  const auto accumulate = [&](Value value, Value contribution) {
    Value& sum = ct[value.index()];
    sum = sum ? sum + contribution : contribution;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (active[outputs[i].index()]) accumulate(outputs[i], cotangents[i]);

  for (std::uint32_t index = end; index-- > 0;) {
    if (!active[index] || !ct[index]) continue;
    const Value y = outputs.front().graph().value(index);
    if (contains(wrt, y)) continue;
    const Node& node = y.node();
    const LabelScope label(y.graph(), y.graph().label(node));
    for (std::size_t k = 0; k < node.inputs.size(); ++k)
      if (active[node.inputs[k].index()] && differentiable(node, k))
        accumulate(node.inputs[k], operand_cotangent(y, static_cast<int>(k), ct[index]));
  }

  std::vector<Value> result;
  for (const Value variable : wrt)
    result.push_back(
        value_or_zeros(variable.index() < end ? ct[variable.index()] : Value{}, variable));
  return result;
}

std::vector<Value> jvp(Operands outputs, Operands wrt, Operands tangents) {
  check_pairs("jvp", wrt, tangents);
  check_variables("jvp", wrt);
  const std::uint32_t end = outputs.empty() ? 0 : last_index(outputs) + 1;
  const std::vector<bool> active = dependents(wrt, end);

  std::vector<Value> tangent(end);
  for (std::size_t i = 0; i < wrt.size(); ++i)
    if (wrt[i].index() < end) tangent[wrt[i].index()] = tangents[i];

  for (std::uint32_t index = 0; index < end; ++index) {
    const Value y = outputs.front().graph().value(index);
    if (!active[index] || contains(wrt, y)) continue;
    const Node& node = y.node();
    const LabelScope label(y.graph(), y.graph().label(node));
    std::vector<Value> operand_tangents;
    for (std::size_t k = 0; k < node.inputs.size(); ++k)
      operand_tangents.push_back(differentiable(node, k) ? tangent[node.inputs[k].index()]
                                                         : Value{});
    tangent[index] = result_tangent(y, operand_tangents);
  }

  std::vector<Value> result;
  for (const Value output : outputs)
    result.push_back(value_or_zeros(tangent[output.index()], output));
  return result;
}

std::vector<Value> gradient(Value scalar, Operands wrt) {
  if (scalar.shape().rank() != 0)
    throw ShapeError(text("gradient: a rank-0 value expected, ", scalar.type(), " came"));
  return vjp(std::array{scalar}, std::array{ones_like(scalar)}, wrt);
}

}  // namespace palimpsest::autodiff
