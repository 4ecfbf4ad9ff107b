#include "inversion/defense.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

std::vector<NamedTensor> update() {
  return {{"a", Literal::of<float>({4}, std::vector<float>{3, -1, 0.5F, 2})},
          {"b", Literal::of<float>({2}, std::vector<float>{-4, 1})}};
}

double norm_of(const std::vector<NamedTensor>& tensors) {
  double sum = 0;
  for (const NamedTensor& tensor : tensors)
    for (const double value : tensor.second.doubles()) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("no defence leaves the update as it is") {
  CHECK(defended(update(), {}).tensors == update());
}

TEST_CASE("clipping bounds the norm of all tensors together and keeps the direction") {
  const auto clipped = defended(update(), {DefenseKind::clipping, 1}).tensors;
  CHECK(norm_of(clipped) == doctest::Approx(1).epsilon(1e-6));
  CHECK(clipped[0].second.doubles()[0] / clipped[1].second.doubles()[1] == doctest::Approx(3));
  CHECK(defended(update(), {DefenseKind::clipping, 100}).tensors == update());
}

TEST_CASE("sparsification keeps the largest entries of each tensor") {
  const auto sparse = defended(update(), {DefenseKind::sparsification, 0.5}).tensors;
  CHECK(sparse[0].second.doubles() == std::vector<double>{3, 0, 0, 2});
  CHECK(sparse[1].second.doubles() == std::vector<double>{-4, 0});
}

TEST_CASE("noise has the asked size, the seed decides it, and tensors get noise of their own") {
  const std::vector<NamedTensor> zeros{{"a", Literal::filled({DType::f32, {4000}}, 0)},
                                       {"b", Literal::filled({DType::f32, {4000}}, 0)}};
  const auto noisy = defended(zeros, {DefenseKind::gaussian_noise, 0.5, 3}).tensors;
  CHECK(norm_of(noisy) / std::sqrt(8000) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(defended(zeros, {DefenseKind::gaussian_noise, 0.5, 3}).tensors == noisy);
  CHECK_FALSE(defended(zeros, {DefenseKind::gaussian_noise, 0.5, 4}).tensors == noisy);
  CHECK_FALSE(noisy[0].second == noisy[1].second);
}

TEST_CASE("a defence records what it did") {
  CHECK(defended(update(), {DefenseKind::clipping, 1}).record == "clipping: norm 5.59017 -> 1");
  CHECK_THROWS_AS(defended(update(), {DefenseKind::sparsification, 1}), InputError);
  CHECK_THROWS_AS(defended(update(), {DefenseKind::gaussian_noise, -1}), InputError);
}

}  // namespace palimpsest::inversion
