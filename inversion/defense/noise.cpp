// Noise on every entry.

#include <cmath>

#include "inversion/defense/stage.h"

namespace palimpsest::inversion {
namespace {

/// Adds noise(options, element) to each element of each tensor.
template <class Noise>
void add_noise(Stage& stage, Distribution distribution, Noise noise) {
  std::vector<NamedTensor>& tensors = stage.update.tensors;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    Literal& tensor = tensors[k].second;
    const Random options = stage.draws.of_tensor(k, tensor.shape(), distribution);
    tensor =
        changed(tensor, [&](double value, std::size_t i) { return value + noise(options, i); });
  }
}

}  // namespace

void apply(const GaussianNoise& defense, Stage& stage) {
  add_noise(stage, Distribution::normal, [&](const Random& options, std::size_t i) {
    return defense.sigma * random_element(options, 0, i);
  });
  stage.report.words = text("gaussian: deviation ", defense.sigma, ", seed ", stage.request.seed);
}

void apply(const LaplacianNoise& defense, Stage& stage) {
  // The difference of two exponential numbers; 1 - u is never 0.
  const auto exponential = [](const Random& options, std::uint64_t i) {
    return -std::log1p(-random_element(options, 0, i));
  };
  add_noise(stage, Distribution::uniform, [&](const Random& options, std::size_t i) {
    return defense.scale * (exponential(options, 2 * i) - exponential(options, 2 * i + 1));
  });
  stage.report.words = text("laplace: scale ", defense.scale, ", seed ", stage.request.seed);
}

}  // namespace palimpsest::inversion
