#include "autodiff/autodiff.h"

#include <algorithm>
#include <array>

#include "autodiff/provenance.h"
#include "autodiff/rules.h"
#include "graph/function.h"
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

/// One more than the highest order among the nodes that a reverse sweep goes through, on its way
/// to the variables.
int order_of_sweep(Operands outputs, const std::vector<bool>& active, Operands wrt) {
  int order = 0;
  if (active.empty()) return 1;
  Graph& graph = outputs.front().graph();
  const std::vector<bool> needed = reachable(graph, outputs);
  for (std::uint32_t index = 0; index < active.size(); ++index)
    if (active[index] && needed[index] && !contains(wrt, graph.value(index)))
      order = std::max(order, provenance(graph.label(graph.node(index))).reverse);
  return order + 1;
}

/// The reverse sweep, once the operands are checked. `label_of` names what is added for a node.
template <class LabelOf>
std::vector<Value> pulled_back(Operands outputs, Operands cotangents, Operands wrt,
                               const std::vector<bool>& active, const LabelOf& label_of) {
  const auto end = static_cast<std::uint32_t>(active.size());
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
    const LabelScope label(y.graph(), label_of(y.graph().label(node)));
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

/// Marks what a reverse sweep goes through.
std::vector<bool> active_nodes(Operands outputs, Operands wrt) {
  return dependents(wrt, outputs.empty() ? 0 : last_index(outputs) + 1);
}

}  // namespace

std::vector<Value> vjp(Operands outputs, Operands cotangents, Operands wrt) {
  check_pairs("vjp", outputs, cotangents);
  check_variables("vjp", wrt);
  const std::vector<bool> active = active_nodes(outputs, wrt);
  const int order = order_of_sweep(outputs, active, wrt);
  return pulled_back(outputs, cotangents, wrt, active,
                     [&](const std::string& label) { return cotangent_label(label, order); });
}

std::vector<Value> vjp_within(Operands outputs, Operands cotangents, Operands wrt) {
  return pulled_back(outputs, cotangents, wrt, active_nodes(outputs, wrt),
                     [](const std::string& label) { return label; });
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
    const LabelScope label(y.graph(), tangent_label(y.graph().label(node)));
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
