#include "onnx_import/session.h"

#include "onnx_import/exporters.h"
#include "onnx_import/node_context.h"
#include "onnx_import/survey.h"

namespace palimpsest::onnx_import {
namespace {

std::vector<std::string> output_names(const wire::Graph& graph) {
  std::vector<std::string> names;
  for (const wire::ValueInfo& output : graph.output()) names.push_back(output.name());
  return names;
}

Attributes::Bindings bound_attributes(const wire::Function& function, const wire::Node& call,
                                      const Body& caller, const std::string& where) {
  const Attributes given(call, caller.bindings, where);
  Attributes::Bindings bindings;
  for (const std::string& name : function.attribute())
    if (const wire::Attribute* attribute = given.find(name)) bindings[name] = attribute;
  for (const wire::Attribute& fallback : function.attribute_proto()) {
    const wire::Attribute* attribute = given.find(fallback.name());
    bindings[fallback.name()] = attribute ? attribute : &fallback;
  }
  return bindings;
}

void check_depth(int depth, std::string_view where) {
  if (depth > max_body_depth)
    throw ImportError(text(where, ": more than ", max_body_depth, " nested bodies"));
}

void lower_live(Session& session, Body& body, Live live);

Binding argument(Session& session, Body& body, const std::string& name, std::string_view where) {
  if (name.empty()) return Value{};
  const Binding* binding = body.scope.find(name);
  if (binding && std::holds_alternative<std::vector<Value>>(*binding)) return *binding;
  return resolve(session, body, name, where);
}

std::vector<Binding> call(Session& session, Body& caller, const wire::Node& node,
                          const wire::Function& function) {
  const std::string where = text("function '", function.name(), "'");
  check_depth(caller.depth + 1, where);
  if (node.input_size() > function.input_size())
    throw ImportError(text(where, ": at most ", function.input_size(), " inputs expected, ",
                           node.input_size(), " came"));
  Scope scope;
  for (int i = 0; i < function.input_size(); ++i)
    scope.define(function.input(i), i < node.input_size()
                                        ? argument(session, caller, node.input(i), where)
                                        : Binding(Value{}));
  const Opsets opsets = Opsets::of(function.opset_import(), where);
  const Attributes::Bindings bindings = bound_attributes(function, node, caller, where);
  Body body{scope, opsets, bindings, caller.depth + 1};
  // Its operators were surveyed together with those of the graph that it is called from.
  lower_live(session, body,
             live_nodes(function.node(), {function.output().begin(), function.output().end()}));
  std::vector<Binding> results;
  for (const std::string& name : function.output())
    results.push_back(argument(session, body, name, where));
  return results;
}

std::vector<Binding> lower_standard(Session& session, Body& body, const wire::Node& node) {
  NodeContext context(session, body, node);
  const LabelScope label(session.graph, context.label());
  const Lowering lower = session.table.find(node.op_type(), body.opsets.version(node.domain()));
  std::vector<Binding> results;
  try {
    for (const Value value : lower(context))
      results.emplace_back(value ? session.known.folded(value) : value);
  } catch (const ShapeError& error) {
    const std::string_view words = error.what();
    if (words.starts_with(context.label())) throw;
    throw ShapeError(text(context.label(), ": ", words));
  } catch (const NumericError& error) {
    throw ImportError(text(context.label(), ": ", error.what()));
  }
  if (context.returned_sequence()) results.assign(1, *context.returned_sequence());
  return results;
}

bool is_missing(const std::vector<Binding>& results, std::size_t index) {
  if (index >= results.size()) return true;
  const auto* value = std::get_if<Value>(&results[index]);
  return value && !*value;
}

void lower_node(Session& session, Body& body, const wire::Node& node) {
  const wire::Function* function = session.functions.find(node);
  const std::vector<Binding> results =
      function ? call(session, body, node, *function) : lower_standard(session, body, node);
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string& name = node.output(i);
    const auto index = static_cast<std::size_t>(i);
    if (name.empty()) continue;
    if (body.scope.has_own(name))
      throw ImportError(text("node '", node.name(), "' (", node.op_type(), "): output '", name,
                             "' is defined already"));
    if (!is_missing(results, index))
      body.scope.define(name, results[index]);
    else if (body.uses.contains(name))
      throw UnsupportedError(text("node '", node.name(), "' (", node.op_type(), "): output ", i,
                                  " ('", name, "') is used but not supported"));
  }
}

void lower_live(Session& session, Body& body, Live live) {
  body.uses = std::move(live.uses);
  for (const wire::Node* node : live.nodes) lower_node(session, body, *node);
}

}  // namespace

Literal read_tensor(Session& session, const wire::Tensor& tensor, std::string_view where) {
  Literal literal = session.tensors.read(tensor, where);
  return is_float(literal.dtype()) ? literal.converted(session.options.dtype) : literal;
}

Value resolve(Session& session, Body& body, const std::string& name, std::string_view where) {
  Binding* binding = body.scope.find(name);
  if (!binding) throw ImportError(text(where, ": '", name, "' is used before anything defines it"));
  if (const auto* value = std::get_if<Value>(binding)) return *value;
  const auto* tensor = std::get_if<const wire::Tensor*>(binding);
  if (!tensor) throw ImportError(text(where, ": '", name, "' is a sequence, a tensor expected"));
  Literal literal = read_tensor(session, **tensor, text("initializer '", name, "'"));
  const bool trained = is_float(literal.dtype()) && !is_lifted_number(name, literal.shape());
  const Value value = trained ? session.parameters.add(name, std::move(literal))
                              : session.graph.constant(std::move(literal));
  *binding = value;
  return value;
}

void lower_nodes(Session& session, Body& body,
                 const google::protobuf::RepeatedPtrField<wire::Node>& nodes,
                 const std::vector<std::string>& outputs) {
  Live live = live_nodes(nodes, outputs);
  std::map<std::string, std::int64_t> counts;
  survey(session, body.opsets, live.nodes, counts);
  if (body.depth == 0) session.model.operators.assign(counts.begin(), counts.end());
  lower_live(session, body, std::move(live));
}

void define_initializers(Body& body, const wire::Graph& graph) {
  if (graph.sparse_initializer_size() > 0)
    throw UnsupportedError(text("graph '", graph.name(), "': sparse initializers"));
  for (const wire::Tensor& tensor : graph.initializer()) {
    if (tensor.name().empty())
      throw ImportError(text("graph '", graph.name(), "': an initializer has no name"));
    if (body.scope.has_own(tensor.name()))
      throw ImportError(text("initializer '", tensor.name(), "' is defined already"));
    body.scope.define(tensor.name(), &tensor);
  }
}

std::vector<Value> lower_subgraph(Session& session, Body& outer, const wire::Graph& graph,
                                  std::string_view where) {
  check_depth(outer.depth + 1, where);
  Scope scope(&outer.scope);
  Body body{scope, outer.opsets, outer.bindings, outer.depth + 1};
  define_initializers(body, graph);
  const std::vector<std::string> names = output_names(graph);
  lower_nodes(session, body, graph.node(), names);
  std::vector<Value> values;
  for (const std::string& name : names) values.push_back(resolve(session, body, name, where));
  return values;
}

}  // namespace palimpsest::onnx_import
