#include "inversion/closed_form/linear_inversion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "inversion/closed_form/observed_gradient.h"
#include "inversion/closed_form/parallel_rows.h"

namespace palimpsest::inversion {
namespace {

/// Rounding errors of a sum of products, as multiples of the dtype's unit.
constexpr double rounding_units = 64;

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

std::vector<double> quotient(const LayerGradient& gradient, const InputLayer& layer,
                             std::int64_t unit) {
  const auto first = gradient.weight.begin() + unit * layer.inputs;
  std::vector<double> inputs(first, first + layer.inputs);
  for (double& value : inputs) value /= gradient.bias[static_cast<std::size_t>(unit)];
  return inputs;
}

/// Units whose gradient says anything, by falling |db|.
std::vector<std::int64_t> speaking_units(const LayerGradient& gradient) {
  const double least = gradient.rounding * largest_magnitude(gradient.bias);
  std::vector<std::int64_t> units;
  for (std::size_t k = 0; k < gradient.bias.size(); ++k)
    if (std::abs(gradient.bias[k]) > least) units.push_back(static_cast<std::int64_t>(k));
  std::stable_sort(units.begin(), units.end(), [&](std::int64_t a, std::int64_t b) {
    return std::abs(gradient.bias[static_cast<std::size_t>(a)]) >
           std::abs(gradient.bias[static_cast<std::size_t>(b)]);
  });
  return units;
}

ReadExample read_at(const Problem& problem, const InputLayer& layer, const LayerGradient& gradient,
                    std::vector<std::int64_t> units, Evidence evidence) {
  const std::int64_t decisive = units.front();
  const double bias = std::abs(gradient.bias[static_cast<std::size_t>(decisive)]);
  return {example_of(*problem.model, layer, quotient(gradient, layer, decisive)), evidence,
          std::move(units), bias / largest_magnitude(gradient.bias)};
}

}  // namespace

std::string_view name_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::only_example:
      return "only example";
    case Evidence::several_units:
      return "several units agree";
    case Evidence::bin:
      return "lies in its bin";
    case Evidence::every_layer:
      return "every layer fits it";
    case Evidence::none:
      return "none";
  }
  return "?";
}

LayerGradient layer_gradient(const Problem& problem, const InputLayer& layer) {
  LayerGradient gradient;
  gradient.weight = by_unit(layer, observed_gradient(problem, layer.weight));
  gradient.bias = observed_gradient(problem, layer.bias).doubles();
  gradient.rounding = rounding_units * roundoff_of(*problem.observed.tensors[layer.bias]);
  return gradient;
}

std::vector<ReadExample> read_units(const Problem& problem, const InputLayer& layer) {
  const LayerGradient gradient = layer_gradient(problem, layer);
  const std::vector<std::int64_t> speaking = speaking_units(gradient);
  std::vector<std::size_t> place(gradient.bias.size(), 0);  // of a unit among the speaking
  for (std::size_t i = 0; i < speaking.size(); ++i)
    place[static_cast<std::size_t>(speaking[i])] = i;
  const auto by_place = [&](std::int64_t a, std::int64_t b) {
    return place[static_cast<std::size_t>(a)] < place[static_cast<std::size_t>(b)];
  };
  std::vector<ReadExample> examples;
  std::vector<std::int64_t> alone;
  for (std::vector<std::int64_t>& units : parallel_rows(gradient.weight, layer.inputs, speaking,
                                                        Multiple::nonzero, gradient.rounding)) {
    std::sort(units.begin(), units.end(), by_place);
    const bool decisive = units.front() == speaking.front();
    if (problem.examples == 1 && decisive)
      return {read_at(problem, layer, gradient, std::move(units), Evidence::only_example)};
    if (units.size() == 1)
      alone.push_back(units.front());
    else
      examples.push_back(
          read_at(problem, layer, gradient, std::move(units), Evidence::several_units));
  }
  std::sort(alone.begin(), alone.end(), by_place);
  for (const std::int64_t unit : alone)
    examples.push_back(read_at(problem, layer, gradient, {unit}, Evidence::none));
  return examples;
}

std::vector<ReadExample> read_imprint(const Problem& problem, const InputLayer& layer,
                                      const Imprint& imprint) {
  const LayerGradient gradient = layer_gradient(problem, layer);
  const double largest = largest_magnitude(gradient.bias);
  const auto columns = static_cast<std::size_t>(layer.inputs);
  std::vector<ReadExample> examples;
  for (std::size_t k = 0; k < imprint.units.size(); ++k) {
    const auto unit = static_cast<std::size_t>(imprint.units[k]);
    const bool last = k + 1 == imprint.units.size();
    const std::size_t next = last ? unit : static_cast<std::size_t>(imprint.units[k + 1]);
    const double bias = gradient.bias[unit] - (last ? 0 : gradient.bias[next]);
    if (!(std::abs(bias) > gradient.rounding * largest)) continue;
    std::vector<double> inputs(columns);
    for (std::size_t i = 0; i < columns; ++i)
      inputs[i] =
          (gradient.weight[unit * columns + i] - (last ? 0 : gradient.weight[next * columns + i])) /
          bias;
    const double answer =
        std::inner_product(inputs.begin(), inputs.end(), imprint.direction.begin(), 0.0);
    const double range = imprint.thresholds.back() - imprint.thresholds.front();
    const double slack = 1e-3 * range / static_cast<double>(imprint.units.size());
    const bool inside = answer > imprint.thresholds[k] - slack &&
                        (last || answer < imprint.thresholds[k + 1] + slack);
    std::vector<std::int64_t> units{imprint.units[k]};
    if (!last) units.push_back(imprint.units[k + 1]);
    examples.push_back({example_of(*problem.model, layer, inputs),
                        inside ? Evidence::bin : Evidence::none, std::move(units),
                        std::abs(bias) / largest});
  }
  return examples;
}

}  // namespace palimpsest::inversion
