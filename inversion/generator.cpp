#include "inversion/generator.h"

#include <algorithm>

#include "inversion/attack_label.h"
#include "inversion/pixels.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::inversion {
namespace {

const TensorType& input_type(const Model& model, std::size_t number) {
  return model.function.inputs[model.data[number].input].type();
}

Value output_of(const Model& model) { return model.function.outputs.front(); }

void check_output(const Problem& problem) {
  const Shape& made = output_of(*problem.generator).shape();
  if (made.rank() != 4 || !is_float(output_of(*problem.generator).dtype()))
    throw UnsupportedError(
        text("generator: images [N, C, H, W] as output 0 expected, ", made, " came"));
  const Shape wanted = images_type(*problem.model, problem.examples).shape;
  const std::int64_t channels = wanted[image_axes(*problem.model).channel];
  if (made[1] != channels)
    throw InputError(text("generator: images of ", channels,
                          " channels expected, as the model takes them, ", made[1], " came"));
}

void check_inputs(const Problem& problem) {
  const Model& generator = *problem.generator;
  if (generator.data.empty() || generator.data.size() > 2 ||
      !is_float(input_type(generator, 0).dtype))
    throw UnsupportedError(text("generator: a latent, and perhaps a class, as inputs expected, ",
                                generator.data.size(), " inputs came"));
  for (std::size_t i = 0; i < generator.data.size(); ++i) {
    const Shape& shape = input_type(generator, i).shape;
    if (shape.rank() < 1 || shape[0] != problem.examples)
      throw InputError(text("generator: input '", generator.data[i].name, "' with ",
                            problem.examples, " rows expected, one for each example, ", shape,
                            " came"));
  }
}

/// What the second input takes of the targets.
Value class_input(const TensorType& type, Value targets) {
  if (!is_float(type.dtype)) return reshape(cast(argmax(targets, 1), type.dtype), type.shape);
  if (targets.shape().elements() != type.shape.elements())
    throw InputError(text("generator: a class input of ", type.shape, " has no place for targets ",
                          targets.shape()));
  return reshape(cast(targets, type.dtype), type.shape);
}

/// [to, from]: row i averages what of `from` pixels lies under pixel i of `to`.
Literal area_weights(std::int64_t to, std::int64_t from) {
  std::vector<double> weights(static_cast<std::size_t>(to * from));
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i)
    for (std::int64_t j = 0; j < from; ++j) {
      const double begin = std::max(static_cast<double>(i) * scale, static_cast<double>(j));
      const double end = std::min(static_cast<double>(i + 1) * scale, static_cast<double>(j + 1));
      weights[static_cast<std::size_t>(i * from + j)] = std::max(0.0, end - begin) / scale;
    }
  return Literal::of<double>({to, from}, weights);
}

/// [N, C, h, w] to [N, C, height, width].
Value resized(Value images, std::int64_t height, std::int64_t width) {
  Graph& graph = images.graph();
  const auto weights = [&](std::int64_t to, std::int64_t from) {
    return graph.constant(area_weights(to, from).converted(images.dtype()));
  };
  const Shape& shape = images.shape();
  if (shape[3] != width) {
    const Value rows = reshape(images, {shape[0] * shape[1] * shape[2], shape[3]});
    images = reshape(matmul(rows, weights(width, shape[3]), {.transpose_b = true}),
                     {shape[0], shape[1], shape[2], width});
  }
  if (images.shape()[2] == height) return images;
  return swap_axes(resized(swap_axes(images, 2, 3), images.shape()[3], height), 2, 3);
}

/// Pixels in [0, 1] as the model's input.
Value normalized(const Problem& problem, Value pixels) {
  const PixelRange range = pixel_range(problem);
  Graph& graph = pixels.graph();
  const Value low = graph.constant(range.low), high = graph.constant(range.high);
  return pixels * (high - low) + low;
}

}  // namespace

void check_generator(const Problem& problem) {
  if (!problem.generator) throw InputError("attack: a search of latents needs a generator");
  check_inputs(problem);
  check_output(problem);
}

TensorType latent_type(const Problem& problem) { return input_type(*problem.generator, 0); }

Value generated_images(const Problem& problem, Value latent, Value targets, Operands weights) {
  const Model& generator = *problem.generator;
  Graph& graph = latent.graph();
  const LabelScope label = attack_part(graph, "generator");
  std::vector<Value> arguments(generator.function.inputs.size());
  arguments[generator.data[0].input] = latent;
  if (generator.data.size() > 1)
    arguments[generator.data[1].input] = class_input(input_type(generator, 1), targets);
  for (std::size_t i = 0; i < generator.parameters.size(); ++i)
    arguments[generator.parameters[i].input] =
        weights.empty() ? graph.constant(generator.parameters[i].initial) : weights[i];
  const Value made =
      inlined(graph, generator.function, arguments, std::vector{output_of(generator)}).front();
  const TensorType wanted = images_type(*problem.model, problem.examples);
  const ImageAxes axes = image_axes(*problem.model);
  Value pixels = cast(made, wanted.dtype);
  if (problem.generator_range == GeneratorRange::symmetric) pixels = (pixels + 1.0) * 0.5;
  pixels = resized(pixels, wanted.shape[axes.height], wanted.shape[axes.width]);
  if (axes.channel == 3) pixels = permute(pixels, {0, 2, 3, 1});
  return normalized(problem, pixels);
}

}  // namespace palimpsest::inversion
