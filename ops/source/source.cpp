#include "ops/source/source.h"

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/source/draw.h"

namespace palimpsest {

TensorType Iota::infer(Types in) const {
  expect_operands(name, in, 0);
  if (axis < 0 || axis >= shape.rank())
    throw ShapeError(text(name, ": axis ", axis, " does not exist in ", shape));
  return {DType::i64, shape};
}

std::string Iota::attributes() const { return text(shape, " axis=", axis); }

TensorType Random::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_dtype(name, in[0], DType::i64);
  expect_rank(name, in[0], 0);
  expect_float(name, type);
  return type;
}

std::string Random::attributes() const {
  return text(distribution == Distribution::normal ? "normal" : "uniform", " seed=", seed,
              " stream=", stream);
}

Value iota(Graph& graph, Shape shape, int axis) {
  const int position = static_cast<int>(shape.index(axis));
  return graph.add(Iota{std::move(shape), position}, {});
}

Value random(Value step, Random options) { return step.graph().add(std::move(options), {step}); }

double random_element(const Random& options, std::uint64_t step, std::uint64_t index) {
  const PhiloxBlock block = stream_block(options.seed, options.stream, step, index / 2);
  if (options.distribution == Distribution::normal) return normal_draws(block).element[index % 2];
  const bool single = options.type.dtype == DType::f32;
  return (single ? uniform_draws_f32(block) : uniform_draws(block)).element[index % 2];
}

}  // namespace palimpsest
