#include "inversion/closed_form/input_layer.h"

#include <cmath>
#include <utility>

#include "graph/sources.h"
#include "inversion/problem.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

/// What a value is to the data.
enum class Relation {
  independent,
  relabelled,  ///< each element an affine function of one element of the data
  other
};

bool is_arithmetic(const Op& op) {
  return op.as<Add>() || op.as<Sub>() || op.as<Mul>() || op.as<Div>();
}

bool keeps_elements(const Node& node) {
  const Op& op = node.op;
  const bool to_float = op.as<Cast>() && is_float(node.type.dtype);
  return to_float || op.as<Reshape>() || op.as<Permute>() || op.as<Neg>();
}

/// Follows the data through the graph and looks at what matrix products read.
class Finder {
 public:
  explicit Finder(const Model& model) : model_(model) {
    const Graph& graph = *model.function.graph;
    const Value data = model.function.inputs[model.data.front().input];
    for (std::uint32_t index = 0; index < graph.size(); ++index)
      relations_.push_back(index == data.index() ? Relation::relabelled
                                                 : relation_of(graph.node(index)));
  }

  /// The layer and what it reads; null when there is none.
  struct Found {
    InputLayer layer;
    Value inputs;
  };
  std::optional<Found> first() {
    Graph& graph = *model_.function.graph;
    const std::vector<bool> reached = reachable(model_.function);
    for (std::uint32_t index = 0; index < graph.size(); ++index)
      if (reached[index] && graph.node(index).op.as<MatMul>())
        if (std::optional<Found> found = layer_at(graph.value(index))) return found;
    return std::nullopt;
  }

  const std::string& reason() const { return reason_; }

 private:
  Relation relation_of(const Node& node) const {
    std::vector<Relation> operands;
    bool depends = false;
    for (const Value input : node.inputs) {
      operands.push_back(relations_[input.index()]);
      depends |= operands.back() != Relation::independent;
    }
    if (!depends) return Relation::independent;
    if (keeps_elements(node)) return operands.front();
    // Arithmetic of a part of the data with numbers of as many elements or fewer.
    const bool fits =
        is_arithmetic(node.op) && (operands[1] == Relation::independent ||
                                   (operands[0] == Relation::independent && !node.op.as<Div>()));
    if (!fits) return Relation::other;
    return operands[0] == Relation::independent ? operands[1] : operands[0];
  }

  std::optional<std::size_t> parameter_of(Value value) const {
    for (std::size_t p = 0; p < model_.parameters.size(); ++p)
      if (model_.function.inputs[model_.parameters[p].input] == value) return p;
    return std::nullopt;
  }

  /// A weight as it is in the file, or transposed by a permutation.
  std::optional<std::size_t> weight_of(Value value, bool& transposed) const {
    const auto* permute = value.node().op.as<Permute>();
    if (permute && permute->axes == std::vector<int>{1, 0}) {
      transposed = !transposed;
      value = value.node().inputs[0];
    }
    return value.shape().rank() == 2 ? parameter_of(value) : std::nullopt;
  }

  std::optional<std::size_t> bias_of(Value product, std::int64_t units) const {
    Graph& graph = product.graph();
    for (std::uint32_t index = product.index() + 1; index < graph.size(); ++index) {
      const Node& node = graph.node(index);
      if (!node.op.as<Add>()) continue;
      for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        if (!(node.inputs[side] == product)) continue;
        Value other = node.inputs[1 - side];
        while (other.node().op.as<Reshape>() || other.node().op.as<Broadcast>())
          other = other.node().inputs[0];
        const auto parameter = parameter_of(other);
        if (parameter && other.shape().elements() == units) return parameter;
      }
    }
    return std::nullopt;
  }

  std::optional<Found> layer_at(Value product) {
    const Node& node = product.node();
    const Value x = node.inputs[0];
    const std::int64_t batch = batch_size(model_), units = product.shape()[-1];
    const auto* matmul = node.op.as<MatMul>();
    if (relations_[x.index()] != Relation::relabelled || matmul->transpose_a ||
        x.shape()[0] != batch || x.shape().elements() != batch * x.shape()[-1])
      return std::nullopt;
    bool by_output = matmul->transpose_b;
    const auto weight = weight_of(node.inputs[1], by_output);
    if (!weight) return std::nullopt;
    const std::string& label = product.graph().label(node);
    const auto bias = bias_of(product, units);
    if (!bias) {
      reason_ = text("the layer that reads the data, '", label, "', has no bias");
      return std::nullopt;
    }
    InputLayer layer;
    layer.node = label;
    layer.weight = *weight;
    layer.bias = *bias;
    layer.weight_is_output_by_input = by_output;
    layer.units = units;
    layer.inputs = x.shape()[-1];
    return Found{std::move(layer), x};
  }

  const Model& model_;
  std::vector<Relation> relations_;
  std::string reason_ = "no fully connected layer reads the data itself";
};

/// What the layer reads of one example, given all elements of it.
class Reading {
 public:
  Reading(const Model& model, Value inputs, const runtime::KernelTable& kernels)
      : kernels_(kernels) {
    Graph& graph = *function_.graph;
    std::vector<Value> arguments(model.function.inputs.size());
    const TensorType type = images_type(model, batch_size(model));
    const Value x = graph.input(type, "data");
    for (const Parameter& parameter : model.parameters)
      arguments[parameter.input] = graph.constant(parameter.initial);
    arguments[model.data.front().input] = x;
    function_.inputs = {x};
    function_.outputs = {
        cast(inlined(graph, model.function, arguments, std::vector{inputs}).front(), DType::f64)};
  }

  template <class F>
  std::vector<double> of(F element) const {
    const TensorType& type = function_.inputs[0].type();
    const std::int64_t each = type.shape.elements() / type.shape[0];
    std::vector<double> values;
    for (std::int64_t i = 0; i < type.shape.elements(); ++i) values.push_back(element(i % each));
    const Literal x = Literal::of<double>(type.shape, values).converted(type.dtype);
    std::vector<double> read =
        runtime::evaluate(function_, std::vector{x}, kernels_).front().doubles();
    read.resize(read.size() / static_cast<std::size_t>(type.shape[0]));
    return read;
  }

 private:
  const runtime::KernelTable& kernels_;
  Function function_;
};

/// Finds scale, offset and place by what the layer reads of known examples. Places are read as two
/// digits, so that they survive f32. False when they are no one-to-one correspondence.
bool locate(const Reading& reading, std::int64_t elements, InputLayer& layer) {
  constexpr std::int64_t base = 1024;
  layer.offset = reading.of([](std::int64_t) { return 0.0; });
  layer.scale = reading.of([](std::int64_t) { return 1.0; });
  const std::vector<double> low =
      reading.of([&](std::int64_t i) { return static_cast<double>(i % base); });
  const std::vector<double> high = reading.of([&](std::int64_t i) {
    const std::int64_t digit = i / base;
    return static_cast<double>(digit);
  });
  std::vector<bool> seen(static_cast<std::size_t>(elements), false);
  for (std::size_t k = 0; k < low.size(); ++k) {
    layer.scale[k] -= layer.offset[k];
    if (layer.scale[k] == 0) return false;
    const std::int64_t place = std::llround((high[k] - layer.offset[k]) / layer.scale[k]) * base +
                               std::llround((low[k] - layer.offset[k]) / layer.scale[k]);
    if (place < 0 || place >= elements || seen[static_cast<std::size_t>(place)]) return false;
    seen[static_cast<std::size_t>(place)] = true;
    layer.place.push_back(place);
  }
  return std::cmp_equal(layer.place.size(), elements);
}

}  // namespace

InputLayerSearch find_input_layer(const Model& model, const runtime::KernelTable& kernels) {
  const std::int64_t elements = images_type(model, 1).shape.elements();
  Finder finder(model);
  std::optional<Finder::Found> found = finder.first();
  if (!found) return {std::nullopt, finder.reason()};
  if (!locate(Reading(model, found->inputs, kernels), elements, found->layer))
    return {std::nullopt,
            text("'", found->layer.node, "' does not read each number of the data once")};
  return {std::move(found->layer), {}};
}

std::vector<double> by_unit(const InputLayer& layer, const Literal& weight) {
  std::vector<double> values = weight.doubles();
  if (layer.weight_is_output_by_input) return values;
  std::vector<double> turned;
  turned.reserve(values.size());
  for (std::int64_t unit = 0; unit < layer.units; ++unit)
    for (std::int64_t k = 0; k < layer.inputs; ++k)
      turned.push_back(values[static_cast<std::size_t>(k * layer.units + unit)]);
  return turned;
}

Literal example_of(const Model& model, const InputLayer& layer, std::span<const double> inputs) {
  const TensorType type = images_type(model, 1);
  std::vector<double> values(inputs.size());
  for (std::size_t k = 0; k < inputs.size(); ++k)
    values[static_cast<std::size_t>(layer.place[k])] =
        (inputs[k] - layer.offset[k]) / layer.scale[k];
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

}  // namespace palimpsest::inversion
