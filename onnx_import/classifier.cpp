#include "onnx_import/classifier.h"

#include <algorithm>
#include <array>

#include "ops/movement/movement.h"

namespace palimpsest::onnx_import {
namespace {

constexpr std::array<std::string_view, 7> renaming{"Identity",  "Reshape", "Flatten", "Squeeze",
                                                   "Unsqueeze", "Dropout", "Cast"};

/// Walks from names to the nodes that make them.
class Finder {
 public:
  Finder(Session& session, Body& body, const wire::Graph& graph) : session_(session), body_(body) {
    for (const wire::Node& node : graph.node())
      for (const std::string& name : node.output()) makers_[name] = &node;
  }

  void run(const std::string& output) {
    std::string name = behind_renames(output);
    const wire::Node* node = maker(name);
    const bool softmax = node && node->op_type() == "Softmax";
    if (softmax || (node && node->op_type() == "LogSoftmax")) {
      model().output_kind = softmax ? OutputKind::probabilities : OutputKind::log_probabilities;
      model().logits = value(node->input(0));
      name = behind_renames(node->input(0));
    } else {
      model().logits = value(output);
    }
    find_head(name);
  }

 private:
  Model& model() { return session_.model; }
  Value value(const std::string& name) { return resolve(session_, body_, name, "classifier"); }

  const wire::Node* maker(const std::string& name) const {
    const auto it = makers_.find(name);
    return it == makers_.end() || session_.functions.find(*it->second) ? nullptr : it->second;
  }

  /// Null unless the name is made by this operator.
  const wire::Node* maker(const std::string& name, std::string_view op_type) const {
    const wire::Node* node = maker(name);
    return node && node->op_type() == op_type ? node : nullptr;
  }

  std::string behind_renames(std::string name) const {
    for (const wire::Node* node = maker(name); node; node = maker(name)) {
      const bool renames =
          std::find(renaming.begin(), renaming.end(), node->op_type()) != renaming.end();
      if (!renames || node->input_size() == 0) break;
      name = node->input(0);
    }
    return name;
  }

  const Parameter* parameter(const std::string& name) {
    return session_.parameters.find(value(name));
  }

  void find_head(const std::string& name) {
    if (const wire::Node* gemm = maker(name, "Gemm")) return gemm_head(*gemm);
    if (const wire::Node* conv = maker(name, "Conv")) return conv_head(*conv);
    if (const wire::Node* matmul = maker(name, "MatMul")) return matmul_head(*matmul, {});
    const wire::Node* add = maker(name, "Add");
    if (!add || add->input_size() != 2) return;
    for (const int side : {0, 1}) {
      const wire::Node* matmul = maker(add->input(side), "MatMul");
      const Parameter* bias = matmul ? parameter(add->input(1 - side)) : nullptr;
      if (bias) return matmul_head(*matmul, bias->name);
    }
  }

  void set_head(const wire::Node& node, const std::string& weight, std::string bias, Value features,
                bool output_by_input) {
    model().has_head = true;
    model().head = {node.name().empty() ? node.output(0) : node.name(), weight, std::move(bias),
                    features, output_by_input};
  }

  std::string bias_of(const wire::Node& node) {
    const bool given = node.input_size() > 2 && !node.input(2).empty();
    const Parameter* bias = given ? parameter(node.input(2)) : nullptr;
    return bias ? bias->name : std::string{};
  }

  void gemm_head(const wire::Node& node) {
    const Parameter* weight = node.input_size() > 1 ? parameter(node.input(1)) : nullptr;
    const std::string where = "classifier";
    const Attributes attributes(node, body_.bindings, where);
    if (!weight || attributes.integer("transA", 0) != 0 || attributes.real("alpha", 1) != 1) return;
    set_head(node, weight->name, bias_of(node), value(node.input(0)),
             attributes.integer("transB", 0) != 0);
  }

  /// A convolution is a fully connected layer when its input has one place.
  void conv_head(const wire::Node& node) {
    const Parameter* weight = node.input_size() > 1 ? parameter(node.input(1)) : nullptr;
    const Value x = value(node.input(0));
    if (!weight || weight->initial.elements() != weight->initial.shape()[0] * x.shape()[1] ||
        x.shape().elements() != x.shape()[0] * x.shape()[1])
      return;
    set_head(node, weight->name, bias_of(node), reshape(x, Shape{x.shape()[0], x.shape()[1]}),
             true);
  }

  void matmul_head(const wire::Node& node, const std::string& bias) {
    const Value features = value(node.input(0));
    if (features.shape().rank() != 2) return;
    if (const Parameter* weight = parameter(node.input(1)))
      return set_head(node, weight->name, bias, features, false);
    const wire::Node* transpose = maker(node.input(1), "Transpose");
    const Parameter* weight = transpose ? parameter(transpose->input(0)) : nullptr;
    if (weight) set_head(node, weight->name, bias, features, true);
  }

  Session& session_;
  Body& body_;
  std::map<std::string, const wire::Node*> makers_;
};

}  // namespace

void find_classifier(Session& session, Body& body, const wire::Graph& graph) {
  if (graph.output_size() > 0) Finder(session, body, graph).run(graph.output(0).name());
}

}  // namespace palimpsest::onnx_import
