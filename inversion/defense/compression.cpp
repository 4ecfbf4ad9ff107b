// Defences that bound, drop or round entries: clipping, sparsification, quantisation, signs.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "inversion/defense/stage.h"

namespace palimpsest::inversion {
namespace {

/// Where each entry of all tensors in a row belongs.
struct Entry {
  std::size_t tensor, element;
};

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Scales the tensors together to at most `bound`; returns their norm before.
double clip(std::span<NamedTensor> tensors, double bound) {
  const double norm = norm_of(tensors);
  if (norm <= bound) return norm;
  for (NamedTensor& tensor : tensors)
    tensor.second =
        changed(tensor.second, [&](double value, std::size_t) { return value * (bound / norm); });
  return norm;
}

/// Zeroes the smallest entries of the tensors together; of equal ones the first.
std::size_t sparsify(std::span<NamedTensor> tensors, double share) {
  std::vector<std::vector<double>> values;
  std::vector<Entry> order;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    values.push_back(tensors[k].second.doubles());
    for (std::size_t i = 0; i < values[k].size(); ++i) order.push_back({k, i});
  }
  const auto magnitude = [&](const Entry& entry) {
    return std::abs(values[entry.tensor][entry.element]);
  };
  const auto count = static_cast<std::size_t>(share * static_cast<double>(order.size()));
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                   [&](const Entry& a, const Entry& b) {
                     return std::tuple(magnitude(a), a.tensor, a.element) <
                            std::tuple(magnitude(b), b.tensor, b.element);
                   });
  for (std::size_t i = 0; i < count; ++i) values[order[i].tensor][order[i].element] = 0;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const TensorType type = tensors[k].second.type();
    tensors[k].second = Literal::of<double>(type.shape, values[k]).converted(type.dtype);
  }
  return count;
}

Literal quantized(const Literal& tensor, double levels, const Random& draws) {
  const double largest = largest_magnitude(tensor.doubles());
  if (largest == 0) return tensor;
  return changed(tensor, [&](double value, std::size_t i) {
    const double place = levels * std::abs(value) / largest;
    const double below = std::floor(place);
    const double level = below + (random_element(draws, 0, i) < place - below ? 1 : 0);
    return std::copysign(largest * level / levels, value);
  });
}

}  // namespace

void apply(const Clipping& defense, Stage& stage) {
  std::vector<NamedTensor>& tensors = stage.update.tensors;
  if (defense.scope == Scope::all) {
    const double norm = clip(tensors, defense.norm);
    stage.report.words = text("clip: norm ", norm, " -> ", std::min(norm, defense.norm));
    return;
  }
  std::size_t shortened = 0;
  for (NamedTensor& tensor : tensors)
    if (clip({&tensor, 1}, defense.norm) > defense.norm) ++shortened;
  stage.report.words = text("clip-layer: ", shortened, " of ", tensors.size(),
                            " tensors shortened to a norm of ", defense.norm);
}

void apply(const Sparsification& defense, Stage& stage) {
  std::vector<NamedTensor>& tensors = stage.update.tensors;
  std::size_t zeroed = 0;
  if (defense.scope == Scope::all)
    zeroed = sparsify(tensors, defense.share);
  else
    for (NamedTensor& tensor : tensors) zeroed += sparsify({&tensor, 1}, defense.share);
  stage.report.words = text(name_of(defense), ": the ", zeroed, " smallest entries set to 0");
}

void apply(const Quantization& defense, Stage& stage) {
  // One of the bits is the sign's.
  const double levels = std::exp2(defense.bits - 1) - 1;
  std::vector<NamedTensor>& tensors = stage.update.tensors;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    Literal& tensor = tensors[k].second;
    tensor =
        quantized(tensor, levels, stage.draws.of_tensor(k, tensor.shape(), Distribution::uniform));
  }
  stage.report.words =
      text("quantize: ", 2 * levels + 1, " levels a tensor, seed ", stage.request.seed);
}

void apply(const SignCompression& defense, Stage& stage) {
  for (NamedTensor& tensor : stage.update.tensors) {
    double size = 1;
    if (defense.scaled) {
      const std::vector<double> values = tensor.second.doubles();
      const double sum = std::accumulate(values.begin(), values.end(), 0.0,
                                         [](double a, double b) { return a + std::abs(b); });
      size = values.empty() ? 0 : sum / static_cast<double>(values.size());
    }
    tensor.second = changed(tensor.second, [&](double value, std::size_t) {
      return value == 0 ? 0 : std::copysign(size, value);
    });
  }
  stage.report.words = text(name_of(defense), ": one of -1, 0, 1 for each entry",
                            defense.scaled ? ", times the mean magnitude of its tensor" : "");
}

}  // namespace palimpsest::inversion
