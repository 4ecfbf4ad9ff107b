#include "tests/support/small_models.h"

#include <cmath>

#include "inversion/client.h"
#include "ops/conv/conv.h"
#include "ops/cpu_kernels.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/norm.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"

namespace palimpsest::small_models {
namespace {

/// Adds the inputs of a model in the agreed order and keeps its records.
class Builder {
 public:
  Builder(const NetworkSpec& spec, std::vector<std::int64_t> sample, ImageLayout layout)
      : spec_(spec) {
    sample.insert(sample.begin(), spec.batch);
    input_ = graph().input({spec.dtype, Shape(sample)}, "x");
    model_.function.inputs.push_back(input_);
    model_.data.push_back({"x", 0, layout});
  }

  Graph& graph() { return *model_.function.graph; }
  Value input() const { return input_; }

  /// A further data input; before any parameter.
  Value second_input(const std::string& name, Shape shape) {
    const Value value = graph().input({spec_.dtype, std::move(shape)}, name);
    model_.data.push_back({name, model_.function.inputs.size(), ImageLayout::unknown});
    model_.function.inputs.push_back(value);
    return value;
  }

  Value parameter(std::string name, Shape shape) {
    const std::size_t position = model_.function.inputs.size();
    const TensorType type{spec_.dtype, std::move(shape)};
    std::vector<double> values = uniform({DType::f64, type.shape}, 100 + position).doubles();
    for (double& value : values) value = (2 * value - 1) * spec_.weight_scale;
    const Value value = graph().input(type, name);
    model_.function.inputs.push_back(value);
    model_.parameters.push_back(
        {std::move(name), position, Literal::of<double>(type.shape, values).converted(type.dtype)});
    return value;
  }

  /// With a filter that keeps the extents at stride 1.
  Value convolution(const std::string& name, Value x, std::int64_t size, std::int64_t channels,
                    std::int64_t stride) {
    const LabelScope label(x.graph(), name + " (Conv)");
    const Value w = parameter(name + ".weight", {channels, x.shape()[1], size, size});
    const Value b = parameter(name + ".bias", {channels});
    const std::int64_t pad = size / 2;
    const ConvGeometry geometry =
        conv_geometry(x.shape(), w.shape(), {stride, stride}, {1, 1}, {pad, pad}, {pad, pad}, 1);
    return conv(x, w, geometry) + reshape(b, {1, channels, 1, 1});
  }
  Value conv3(const std::string& name, Value x, std::int64_t channels, std::int64_t stride) {
    return convolution(name, x, 3, channels, stride);
  }

  Value linear(const std::string& name, Value x, std::int64_t outputs) {
    const LabelScope label(x.graph(), name + " (Gemm)");
    const Value w = parameter(name + ".weight", {outputs, x.shape()[1]});
    const Value b = parameter(name + ".bias", {outputs});
    return matmul(x, w, {.transpose_b = true}) + b;
  }

  Value flat(Value x) const {
    return reshape(x, {spec_.batch, x.shape().elements() / spec_.batch});
  }

  Model finish(Value features, Value logits) {
    model_.logits = logits;
    model_.function.outputs = {logits};
    model_.output_names = {"logits"};
    model_.has_head = true;
    model_.head = {"fc", "fc.weight", "fc.bias", features, true};
    return std::move(model_);
  }

  Model& model() { return model_; }

 private:
  NetworkSpec spec_;
  Model model_;
  Value input_;
};

}  // namespace

Model sigmoid_network(const NetworkSpec& spec) {
  Builder builder(spec, {1, 8, 8}, ImageLayout::nchw);
  Value x = sigmoid(builder.conv3("conv1", builder.input(), 6, 2));
  x = sigmoid(builder.conv3("conv2", x, 6, 1));
  const Value features = builder.flat(x);
  return builder.finish(features, builder.linear("fc", features, 4));
}

Model lenet(const NetworkSpec& spec) {
  Builder builder(spec, {3, 32, 32}, ImageLayout::nchw);
  Value x = sigmoid(builder.convolution("conv1", builder.input(), 5, 12, 2));
  x = sigmoid(builder.convolution("conv2", x, 5, 12, 2));
  x = sigmoid(builder.convolution("conv3", x, 5, 12, 1));
  const Value features = builder.flat(x);
  return builder.finish(features, builder.linear("fc", features, 10));
}

Model mlp(std::int64_t extent, std::int64_t hidden, const NetworkSpec& spec) {
  Builder builder(spec, {1, extent, extent}, ImageLayout::nchw);
  const Value features = sigmoid(builder.linear("hidden", builder.flat(builder.input()), hidden));
  return builder.finish(features, builder.linear("fc", features, 10));
}

Model perceptron(const NetworkSpec& spec) {
  Builder builder(spec, {6}, ImageLayout::unknown);
  const Value features = tanh(builder.linear("hidden", builder.input(), 5));
  return builder.finish(features, builder.linear("fc", features, 3));
}

Model twin_network(const NetworkSpec& spec) {
  Builder builder(spec, {6}, ImageLayout::unknown);
  const Value features = tanh(builder.input());
  const Value first = builder.linear("fc", features, 3);
  return builder.finish(features, first + builder.linear("twin", features, 3));
}

Model batch_norm_network(const NetworkSpec& spec, Mode mode) {
  Builder builder(spec, {1, 4, 4}, ImageLayout::nchw);
  const Value x = builder.conv3("conv", builder.input(), 2, 1);
  const bool train = mode == Mode::train;
  const Literal mean = Literal::filled({spec.dtype, {2}}, 0.25);
  const Literal variance = Literal::filled({spec.dtype, {2}}, 2);
  const nn::Statistics statistics =
      train ? nn::batch_statistics(x)
            : nn::Statistics{x.graph().constant(mean), x.graph().constant(variance)};
  const Value scale = builder.parameter("bn.weight", {2});
  const Value bias = builder.parameter("bn.bias", {2});
  const Value y = relu(nn::batch_norm(x, scale, bias, statistics.mean, statistics.variance, 1e-5));
  builder.model().batch_norms.push_back({.node = "bn",
                                         .input = x,
                                         .running_mean = mean,
                                         .running_variance = variance,
                                         .mean_name = "bn.running_mean",
                                         .variance_name = "bn.running_var",
                                         .train = train,
                                         .batch_mean = train ? statistics.mean : Value{},
                                         .batch_variance = train ? statistics.variance : Value{}});
  const Value features = builder.flat(y);
  return builder.finish(features, builder.linear("fc", features, 3));
}

Model generator(const GeneratorSpec& generator, const NetworkSpec& spec) {
  Builder builder(spec, {generator.size}, ImageLayout::unknown);
  Value latent = builder.input();
  if (generator.classes > 0) {
    const Value classes = builder.second_input("class", {spec.batch, generator.classes});
    latent = latent + matmul(classes, builder.parameter("class.weight",
                                                        {generator.classes, generator.size}));
  }
  const std::int64_t pixels = generator.extent * generator.extent;
  const Value images = sigmoid(builder.linear("fc", latent, pixels));
  return builder.finish(latent,
                        reshape(images, {spec.batch, 1, generator.extent, generator.extent}));
}

Literal uniform(const TensorType& type, std::uint64_t seed) {
  const Random options{type, Distribution::uniform, seed, 0};
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random_element(options, 0, i);
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

Literal picture(const TensorType& type) {
  const Shape& shape = type.shape;
  std::vector<double> values;
  for (std::int64_t n = 0; n < shape[0] * shape[1]; ++n)
    for (std::int64_t h = 0; h < shape[2]; ++h)
      for (std::int64_t w = 0; w < shape[3]; ++w)
        values.push_back(0.5 + 0.4 * std::sin(0.7 * static_cast<double>(h + n) + 0.3) *
                                   std::cos(0.5 * static_cast<double>(w - 2 * n)));
  return Literal::of<double>(shape, values).converted(type.dtype);
}

const runtime::KernelTable& kernels() {
  static const runtime::KernelTable table = all_cpu_kernels();
  return table;
}

inversion::Problem observed_problem(const Model& model, inversion::Problem problem,
                                    const Literal& images, const Literal& targets) {
  problem.model = &model;
  problem.observed.tensors.clear();
  const auto update = inversion::simulate(problem, images, targets, kernels(), 1);
  for (const auto& tensor : update.tensors) problem.observed.tensors.push_back(tensor.second);
  return problem;
}

Literal labels(const std::vector<std::int64_t>& values) {
  return Literal::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace palimpsest::small_models
