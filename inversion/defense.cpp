#include "inversion/defense.h"

#include <algorithm>
#include <cmath>

#include "ops/source/source.h"

namespace palimpsest::inversion {
namespace {

template <class F>
Literal changed(const Literal& tensor, F change) {
  std::vector<double> values = tensor.doubles();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = change(values[i], i);
  return Literal::of<double>(tensor.shape(), values).converted(tensor.dtype());
}

double norm_of(const std::vector<NamedTensor>& tensors) {
  double sum = 0;
  for (const NamedTensor& tensor : tensors)
    for (const double value : tensor.second.doubles()) sum += value * value;
  return std::sqrt(sum);
}

DefendedUpdate noisy(std::vector<NamedTensor> tensors, const Defense& defense) {
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    Literal& tensor = tensors[k].second;
    const Random options{{DType::f64, tensor.shape()}, Distribution::normal, defense.seed, k};
    tensor = changed(tensor, [&](double value, std::size_t i) {
      return value + defense.amount * random_element(options, 0, i);
    });
  }
  return {std::move(tensors),
          text("gaussian noise: sigma ", defense.amount, ", seed ", defense.seed)};
}

DefendedUpdate clipped(std::vector<NamedTensor> tensors, const Defense& defense) {
  const double norm = norm_of(tensors);
  const double factor = norm > defense.amount ? defense.amount / norm : 1;
  for (NamedTensor& tensor : tensors)
    tensor.second =
        changed(tensor.second, [&](double value, std::size_t) { return value * factor; });
  return {std::move(tensors), text("clipping: norm ", norm, " -> ", norm * factor)};
}

/// The magnitude that entries must exceed, or the position from which equal ones are dropped,
/// is settled by sorting positions, so exactly the wanted number stays.
Literal sparse(const Literal& tensor, double dropped_share) {
  const std::vector<double> values = tensor.doubles();
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(values[a]) < std::abs(values[b]);
  });
  const auto count = static_cast<std::size_t>(dropped_share * static_cast<double>(values.size()));
  std::vector<bool> dropped(values.size(), false);
  for (std::size_t i = 0; i < count; ++i) dropped[order[i]] = true;
  return changed(tensor, [&](double value, std::size_t i) { return dropped[i] ? 0 : value; });
}

DefendedUpdate sparsified(std::vector<NamedTensor> tensors, const Defense& defense) {
  for (NamedTensor& tensor : tensors) tensor.second = sparse(tensor.second, defense.amount);
  return {std::move(tensors),
          text("sparsification: the smallest ", defense.amount, " of each tensor set to 0")};
}

}  // namespace

DefendedUpdate defended(std::vector<NamedTensor> tensors, const Defense& defense) {
  if (!(defense.amount >= 0) || !std::isfinite(defense.amount))
    throw InputError(text("defence: an amount of at least 0 expected, ", defense.amount, " came"));
  switch (defense.kind) {
    case DefenseKind::none:
      break;
    case DefenseKind::gaussian_noise:
      return noisy(std::move(tensors), defense);
    case DefenseKind::clipping:
      return clipped(std::move(tensors), defense);
    case DefenseKind::sparsification:
      if (defense.amount >= 1)
        throw InputError(
            text("sparsification: a share in [0, 1) expected, ", defense.amount, " came"));
      return sparsified(std::move(tensors), defense);
  }
  return {std::move(tensors), "none"};
}

}  // namespace palimpsest::inversion
