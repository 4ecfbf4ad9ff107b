#include "inversion/closed_form/imprint.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "inversion/closed_form/parallel_rows.h"

namespace palimpsest::inversion {
namespace {

constexpr std::size_t least_units = 4;
constexpr std::int64_t least_inputs = 4;
constexpr double tolerance = 1e-5;  // of rows that were equal before they were rounded to f32

Imprint imprint_of(const std::vector<std::int64_t>& units, const std::vector<double>& weight,
                   const std::vector<double>& bias, std::int64_t inputs) {
  std::vector<double> thresholds;
  Imprint imprint;
  for (const std::int64_t unit : units) {
    const auto row = weight.begin() + unit * inputs;
    const double norm = std::sqrt(std::inner_product(row, row + inputs, row, 0.0));
    if (imprint.direction.empty())
      for (auto value = row; value != row + inputs; ++value)
        imprint.direction.push_back(*value / norm);
    thresholds.push_back(-bias[static_cast<std::size_t>(unit)] / norm);
  }
  std::vector<std::size_t> order(units.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return thresholds[a] < thresholds[b]; });
  for (const std::size_t k : order) {
    imprint.units.push_back(units[k]);
    imprint.thresholds.push_back(thresholds[k]);
  }
  return imprint;
}

}  // namespace

std::vector<Imprint> find_imprints(const Model& model, const InputLayer& layer) {
  std::vector<Imprint> imprints;
  if (layer.inputs < least_inputs) return imprints;
  const std::vector<double> weight = by_unit(layer, model.parameters[layer.weight].initial);
  const std::vector<double> bias = model.parameters[layer.bias].initial.doubles();
  std::vector<std::int64_t> all(static_cast<std::size_t>(layer.units));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  for (const std::vector<std::int64_t>& units :
       parallel_rows(weight, layer.inputs, all, Multiple::positive, tolerance)) {
    if (units.size() < least_units) break;
    Imprint imprint = imprint_of(units, weight, bias, layer.inputs);
    if (imprint.thresholds.front() < imprint.thresholds.back())
      imprints.push_back(std::move(imprint));
  }
  return imprints;
}

}  // namespace palimpsest::inversion
