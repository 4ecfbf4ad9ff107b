#include "onnx_import/node_context.h"

#include "onnx_import/session.h"

namespace palimpsest::onnx_import {
namespace {

std::string name_of(const wire::Node& node) {
  if (!node.name().empty()) return node.name();
  return node.output_size() > 0 ? node.output(0) : std::string("?");
}

}  // namespace

NodeContext::NodeContext(Session& session, Body& body, const wire::Node& node)
    : session_(session),
      body_(body),
      node_(node),
      name_(name_of(node)),
      where_(text("node '", name_, "' (", node.op_type(), ")")),
      attributes_(node, body.bindings, where_) {}

Graph& NodeContext::graph() const { return session_.graph; }
const ImportOptions& NodeContext::options() const { return session_.options; }
std::int64_t NodeContext::opset() const { return body_.opsets.version({}); }
std::string NodeContext::label() const { return text(name_, " (", node_.op_type(), ")"); }
Model& NodeContext::model() const { return session_.model; }

std::size_t NodeContext::input_count() const {
  return static_cast<std::size_t>(node_.input_size());
}

std::size_t NodeContext::output_count() const {
  return static_cast<std::size_t>(node_.output_size());
}

const std::string& NodeContext::input_name(std::size_t index) const {
  return node_.input(static_cast<int>(index));
}

bool NodeContext::has_input(std::size_t index) const {
  if (index >= input_count() || input_name(index).empty()) return false;
  const Binding* binding = body_.scope.find(input_name(index));
  const Value* value = binding ? std::get_if<Value>(binding) : nullptr;
  return !value || *value;
}

Value NodeContext::input(std::size_t index) {
  if (!has_input(index)) invalid(text("input ", index, " is missing"));
  return resolve(session_, body_, input_name(index), where_);
}

std::vector<Value> NodeContext::inputs() {
  std::vector<Value> values;
  for (std::size_t i = 0; i < input_count(); ++i) values.push_back(input(i));
  return values;
}

bool NodeContext::wants_output(std::size_t index) const {
  return index < output_count() && body_.uses.contains(node_.output(static_cast<int>(index)));
}

std::optional<Literal> NodeContext::known(std::size_t index) {
  return session_.known.literal(input(index));
}

Literal NodeContext::required(std::size_t index) {
  std::optional<Literal> literal = known(index);
  if (!literal)
    unsupported(text("input ", index, " ('", input_name(index),
                     "') depends on the data; it must be known at import"));
  return *std::move(literal);
}

std::vector<std::int64_t> NodeContext::required_integers(std::size_t index) {
  const Literal literal = required(index);
  if (is_float(literal.dtype()))
    invalid(text("input ", index, ": integers expected, ", literal.type(), " came"));
  return literal.integers();
}

std::vector<double> NodeContext::required_reals(std::size_t index) {
  return required(index).doubles();
}

double NodeContext::required_real(std::size_t index) {
  const Literal literal = required(index);
  if (literal.elements() != 1)
    invalid(text("input ", index, ": one number expected, ", literal.type(), " came"));
  return literal.doubles().front();
}

std::int64_t NodeContext::required_integer(std::size_t index) {
  const std::vector<std::int64_t> values = required_integers(index);
  if (values.size() != 1)
    invalid(text("input ", index, ": one integer expected, ", values.size(), " came"));
  return values.front();
}

Value NodeContext::constant(const Literal& literal) {
  return graph().constant(is_float(literal.dtype()) ? literal.converted(float_type()) : literal);
}

Value NodeContext::integers(const std::vector<std::int64_t>& values) {
  return graph().constant(Literal::of(Shape{static_cast<std::int64_t>(values.size())}, values));
}

Literal NodeContext::tensor(std::string_view attribute) {
  return read_tensor(session_, attributes_.tensor(attribute), where_);
}

DType NodeContext::dtype_of(std::int64_t element_type) const {
  if (element_type < 0 || element_type > 1000) invalid(text("unknown element type ", element_type));
  const DType dtype = dtype_of_element(static_cast<std::int32_t>(element_type), where_);
  return is_float(dtype) ? float_type() : dtype;
}

std::string NodeContext::parameter_name(std::size_t index) {
  const Parameter* parameter = session_.parameters.find(input(index));
  return parameter ? parameter->name : input_name(index);
}

/// Exporters merge tensors of equal value and leave Identity nodes where the others were. A
/// source with no other use was merely renamed and stays itself.
Value NodeContext::alias() {
  if (body_.depth > 0 || input_count() != 1 || output_count() != 1) return {};
  const std::string& source = input_name(0);
  if (body_.uses[source] < 2) return {};
  const Binding* binding = body_.scope.find(source);
  if (!binding) return {};
  if (const auto* tensor = std::get_if<const wire::Tensor*>(binding)) {
    Literal literal = read_tensor(session_, **tensor, where_);
    if (!is_float(literal.dtype())) return {};
    return session_.parameters.add(node_.output(0), std::move(literal));
  }
  const auto* value = std::get_if<Value>(binding);
  const Parameter* parameter = value && *value ? session_.parameters.find(*value) : nullptr;
  return parameter ? session_.parameters.add(node_.output(0), parameter->initial) : Value{};
}

const std::vector<Value>& NodeContext::sequence(std::size_t index) {
  if (!has_input(index)) invalid(text("input ", index, " is missing"));
  const Binding* binding = body_.scope.find(input_name(index));
  const auto* values = binding ? std::get_if<std::vector<Value>>(binding) : nullptr;
  if (!values) invalid(text("input ", index, ": a sequence expected"));
  return *values;
}

std::vector<Value> NodeContext::lower_branch(std::string_view attribute) {
  return lower_subgraph(session_, body_, attributes_.graph(attribute), where_);
}

void NodeContext::invalid(std::string_view what) const {
  throw ImportError(text(where_, ": ", what));
}

void NodeContext::unsupported(std::string_view what) const {
  throw UnsupportedError(text(where_, ": ", what));
}

}  // namespace palimpsest::onnx_import
