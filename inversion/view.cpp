#include "inversion/view.h"

#include <array>

#include "inversion/attack_label.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "optimizers/points.h"

namespace palimpsest::inversion {
namespace {

constexpr std::uint64_t view_stream = 0x76696577;  // apart from the streams of first candidates

/// 0, 1, .. rolled by `shift`, or that backwards.
Literal positions(std::int64_t extent, std::int64_t shift, bool backwards) {
  std::vector<std::int64_t> at(static_cast<std::size_t>(extent));
  for (std::int64_t i = 0; i < extent; ++i) {
    const std::int64_t from = ((i + shift) % extent + extent) % extent;
    at[static_cast<std::size_t>(i)] = backwards ? extent - 1 - from : from;
  }
  return Literal::of<std::int64_t>({extent}, at);
}

/// Uniform among -most .. most for u in [0, 1).
std::int64_t shift_of(double u, std::int64_t most) {
  return static_cast<std::int64_t>(u * static_cast<double>(2 * most + 1)) - most;
}

/// Each block of `side` pixels along an axis becomes its mean.
Value block_means(Value x, int axis, std::int64_t side) {
  const std::int64_t extent = x.shape()[axis];
  if (extent % side != 0)
    throw InputError(text("view: blocks of ", side, " pixels do not divide an image's ", extent));
  std::vector<std::int64_t> split(x.shape().begin(), x.shape().end());
  const auto at = split.begin() + axis;
  *at = extent / side;
  split.insert(at + 1, side);
  const Value parts = reshape(x, Shape(split));
  return reshape(broadcast_to(nn::mean(parts, {axis + 1}), parts.shape()), x.shape());
}

}  // namespace

View view_at(const Problem& problem, const ViewSpec& spec, std::uint64_t seed, std::int64_t restart,
             std::int64_t iteration, std::int64_t iterations) {
  std::array<double, 3> draws{};
  optimizers::draw_uniform(draws, seed, view_stream + static_cast<std::uint64_t>(restart),
                           static_cast<std::uint64_t>(iteration));
  const ViewTypes types = view_types(problem);
  const double done = static_cast<double>(iteration) / static_cast<double>(iterations);
  return {
      positions(types.rows.shape[0], shift_of(draws[0], spec.roll), false),
      positions(types.columns.shape[0], shift_of(draws[1], spec.roll), spec.flip && draws[2] < 0.5),
      done < spec.coarse_share ? 1.0 : 0.0};
}

ViewTypes view_types(const Problem& problem) {
  const Shape shape = images_type(*problem.model, problem.examples).shape;
  const ImageAxes axes = image_axes(*problem.model);
  return {{DType::i64, {shape[axes.height]}}, {DType::i64, {shape[axes.width]}}};
}

Value shown(const Problem& problem, const ViewSpec& spec, Value images, Value rows, Value columns,
            Value coarseness) {
  const LabelScope label = attack_part(images.graph(), "view");
  const ImageAxes axes = image_axes(*problem.model);
  if (spec.coarse > 1) {
    const Value blocks =
        block_means(block_means(images, axes.height, spec.coarse), axes.width, spec.coarse);
    images = images + (blocks - images) * coarseness;
  }
  return take(take(images, rows, axes.height), columns, axes.width);
}

}  // namespace palimpsest::inversion
