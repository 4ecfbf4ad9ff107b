#include "inversion/perceptual.h"

#include <array>
#include <cmath>

#include "inversion/forward_rows.h"

namespace palimpsest::inversion {
namespace {

/// The type of both inputs.
TensorType checked_input(const Model& network) {
  const std::vector<Value>& inputs = network.function.inputs;
  if (network.data.size() != 2)
    throw UnsupportedError(
        text("LPIPS: a network with two data inputs, recovered and true "
             "images, expected; this one has ",
             network.data.size()));
  TensorType type = inputs[network.data[0].input].type();
  if (!(inputs[network.data[1].input].type() == type) || !is_float(type.dtype) ||
      type.shape.rank() != 4 || type.shape[1] != 3)
    throw UnsupportedError(text("LPIPS: two inputs [B, 3, H, W] expected, ", type, " and ",
                                inputs[network.data[1].input].type(), " came"));
  const Value distance = network.function.outputs.at(0);
  if (distance.shape().elements() != type.shape[0] || !is_float(distance.dtype()))
    throw UnsupportedError(text("LPIPS: one distance for each of ", type.shape[0],
                                " pairs expected, ", distance.type(), " came"));
  return type;
}

/// [N, 3, H, W] in the network's units.
Literal as_input(const Literal& pixels, const TensorType& type, const PerceptualRange& range) {
  const Shape& shape = pixels.shape();
  const bool image = shape.rank() == 4 && (shape[1] == 1 || shape[1] == 3);
  if (!image || shape[2] != type.shape[2] || shape[3] != type.shape[3])
    throw InputError(text("LPIPS: the network takes grey or colour images of ", type.shape[2], "x",
                          type.shape[3], ", ", pixels.type(), " came"));
  const std::span<const float> values = pixels.values<float>();
  const auto plane = static_cast<std::size_t>(shape[2] * shape[3]);
  const auto channels = static_cast<std::size_t>(shape[1]);
  std::vector<double> result;
  result.reserve(values.size() * 3 / channels);
  for (std::size_t n = 0; n < static_cast<std::size_t>(shape[0]); ++n)
    for (std::size_t c = 0; c < 3; ++c)
      for (const float value : values.subspan((n * channels + c % channels) * plane, plane))
        result.push_back(range.low + static_cast<double>(value) * (range.high - range.low));
  return Literal::of<double>(type.shape.with(0, shape[0]), result).converted(type.dtype);
}

}  // namespace

std::vector<double> perceptual_distances(const Model& network, const Literal& recovered,
                                         const Literal& truth, const PerceptualRange& range,
                                         const runtime::KernelTable& kernels, int threads) {
  const TensorType type = checked_input(network);
  if (!(recovered.type() == truth.type()))
    throw InputError(text("LPIPS: images of one type expected, ", recovered.type(), " and ",
                          truth.type(), " came"));
  const std::array inputs{as_input(recovered, type, range), as_input(truth, type, range)};
  std::vector<double> distances =
      forward_rows(network, network.function.outputs.at(0), inputs, kernels, threads).doubles();
  for (const double distance : distances)
    if (!std::isfinite(distance))
      throw NumericError(text("LPIPS: finite distances expected, ", distance, " came"));
  return distances;
}

}  // namespace palimpsest::inversion
