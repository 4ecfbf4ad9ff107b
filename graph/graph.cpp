#include "graph/graph.h"

#include <stdexcept>

#include "graph/sources.h"

namespace palimpsest {
namespace {

void mix(std::size_t& seed, std::size_t value) {
  seed ^= value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
}

std::size_t hash_of(const Op& op, const std::vector<Value>& inputs, const TensorType& type) {
  std::size_t seed = op.hash();
  for (const Value input : inputs) mix(seed, input.index());
  for (const std::int64_t extent : type.shape) mix(seed, static_cast<std::size_t>(extent));
  return seed;
}

std::vector<TensorType> types_of(const std::vector<Value>& inputs) {
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (const Value input : inputs) types.push_back(input.type());
  return types;
}

}  // namespace

const Node& Value::node() const { return graph_->node(index_); }
const TensorType& Value::type() const { return node().type; }

void Op::wrong_kind(std::string_view name, std::string_view wanted) {
  throw std::logic_error(text("primitive '", name, "' has no ", wanted));
}

std::string Constant::attributes() const {
  if (literal.elements() != 1) return text(literal.type());
  return text(literal.doubles().front());
}

Value Graph::add(Op op, std::vector<Value> inputs) {
  for (const Value input : inputs)
    if (&input.graph() != this)
      throw std::logic_error(text(op.name(), ": an operand belongs to another graph"));
  TensorType type;
  try {
    type = op.infer(types_of(inputs));
  } catch (const ShapeError& error) {
    if (current_label_ == 0) throw;
    throw ShapeError(text(labels_[current_label_], ": ", error.what()));
  }
  const std::size_t hash = hash_of(op, inputs, type);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const Node& node = nodes_[it->second];
    if (node.inputs == inputs && node.type == type && node.op == op) return {this, it->second};
  }
  const std::uint32_t index = size();
  nodes_.push_back(Node{std::move(op), std::move(inputs), std::move(type), current_label_});
  by_hash_.emplace(hash, index);
  return {this, index};
}

Value Graph::input(TensorType type, std::string label) {
  return add(Input{inputs_++, std::move(type), std::move(label)}, {});
}

Value Graph::constant(Literal literal) { return add(Constant{std::move(literal)}, {}); }

LabelScope::LabelScope(Graph& graph, std::string label)
    : graph_(graph), previous_(graph.current_label_) {
  if (label == graph.labels_[previous_]) return;
  if (label != graph.labels_.back()) graph.labels_.push_back(std::move(label));
  graph.current_label_ = static_cast<std::uint32_t>(graph.labels_.size() - 1);
}

const Literal* constant_of(Value value) {
  const auto* constant = value.node().op.as<Constant>();
  return constant ? &constant->literal : nullptr;
}

}  // namespace palimpsest
