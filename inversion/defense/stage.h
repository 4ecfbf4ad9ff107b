#pragma once
// One defence at work: what it changes and what it may use. Each family implements its `apply`.

#include "inversion/defense/defense.h"
#include "ops/source/source.h"

namespace palimpsest::inversion {

/// The random numbers of one defence of one client: a stream of its own for each tensor.
struct DefenseDraws {
  std::uint64_t seed = 0, client = 0, place = 0;  ///< place: of the defence among all

  Random of_tensor(std::size_t tensor, const Shape& shape, Distribution distribution) const {
    return {{DType::f64, shape}, distribution, seed, client << 48 | place << 32 | tensor};
  }
};

struct Stage {
  SimulatedUpdate& update;
  const DefenseRequest& request;
  DefenseDraws draws;
  DefenseReport& report;
};

/// The tensor with each element replaced by change(value, index), in its own dtype.
template <class F>
Literal changed(const Literal& tensor, F change) {
  std::vector<double> values = tensor.doubles();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = change(values[i], i);
  return Literal::of<double>(tensor.shape(), values).converted(tensor.dtype());
}

/// The l2 norm over all tensors.
double norm_of(std::span<const NamedTensor> tensors);

// Each changes stage.update and fills in stage.report.
void apply(const GaussianNoise& defense, Stage& stage);
void apply(const LaplacianNoise& defense, Stage& stage);
void apply(const Clipping& defense, Stage& stage);
void apply(const Sparsification& defense, Stage& stage);
void apply(const Quantization& defense, Stage& stage);
void apply(const SignCompression& defense, Stage& stage);
void apply(const Soteria& defense, Stage& stage);
void apply(const DpSgd& defense, Stage& stage);

}  // namespace palimpsest::inversion
