// Defences that need nothing but the update: noise, clipping, sparsification, quantisation, signs.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "inversion/defense/defense.h"
#include "inversion/defense/stage.h"

namespace palimpsest::inversion {
namespace {

std::vector<NamedTensor> update() {
  return {{"a", Literal::of<float>({4}, std::vector<float>{3, -1, 0.5F, 2})},
          {"b", Literal::of<float>({2}, std::vector<float>{-4, 1})}};
}

DefendedUpdate defended(std::vector<NamedTensor> tensors, std::vector<Defense> defenses,
                        std::uint64_t seed = 0) {
  DefenseRequest request;
  request.seed = seed;
  return inversion::defended({std::move(tensors), {}, 0}, defenses, request);
}

std::vector<NamedTensor> sent(std::vector<NamedTensor> tensors, const Defense& defense,
                              std::uint64_t seed = 0) {
  return defended(std::move(tensors), {defense}, seed).update.tensors;
}

std::vector<double> first(std::vector<NamedTensor> tensors, const Defense& defense,
                          std::uint64_t seed = 0) {
  return sent(std::move(tensors), defense, seed)[0].second.doubles();
}

std::vector<NamedTensor> filled(double value, std::int64_t count) {
  return {{"a", Literal::filled({DType::f64, {count}}, value)},
          {"b", Literal::filled({DType::f64, {count}}, value)}};
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("no defence leaves the update as it is") {
  const DefendedUpdate result = defended(update(), {});
  CHECK(result.update.tensors == update());
  CHECK(result.reports.empty());
}

TEST_CASE("clipping bounds the norm of all tensors together and keeps the direction") {
  const auto clipped = sent(update(), Clipping{1});
  CHECK(norm_of(clipped) == doctest::Approx(1).epsilon(1e-6));
  CHECK(clipped[0].second.doubles()[0] / clipped[1].second.doubles()[1] == doctest::Approx(3));
  CHECK(sent(update(), Clipping{100}) == update());
}

TEST_CASE("clipping per layer bounds each tensor and leaves short ones alone") {
  const auto clipped = sent(update(), Clipping{4, Scope::tensor});
  CHECK(clipped[0] == update()[0]);
  CHECK(norm_of({&clipped[1], 1}) == doctest::Approx(4).epsilon(1e-6));
}

TEST_CASE("sparsification keeps the largest entries of each tensor") {
  const auto sparse = sent(update(), Sparsification{0.5});
  CHECK(sparse[0].second.doubles() == std::vector<double>{3, 0, 0, 2});
  CHECK(sparse[1].second.doubles() == std::vector<double>{-4, 0});
}

TEST_CASE("global sparsification keeps the largest entries of all tensors") {
  const auto sparse = sent(update(), Sparsification{0.67, Scope::all});
  CHECK(sparse[0].second.doubles() == std::vector<double>{3, 0, 0, 0});
  CHECK(sparse[1].second.doubles() == std::vector<double>{-4, 0});
}

TEST_CASE("of entries of one size sparsification drops the first, and exactly the asked number") {
  CHECK(first(filled(1, 4), Sparsification{0.5}) == std::vector<double>{0, 0, 1, 1});
}

TEST_CASE("gaussian noise has the asked size, the seed decides it, and tensors get their own") {
  const auto noisy = sent(filled(0, 4000), GaussianNoise{0.5}, 3);
  // The deviation of the root mean square of n normal numbers is 1 / sqrt(2 n) = 0.8 %.
  CHECK(norm_of(noisy) / std::sqrt(8000) == doctest::Approx(0.5).epsilon(0.04));
  CHECK(sent(filled(0, 4000), GaussianNoise{0.5}, 3) == noisy);
  CHECK_FALSE(sent(filled(0, 4000), GaussianNoise{0.5}, 4) == noisy);
  CHECK_FALSE(noisy[0].second == noisy[1].second);
}

TEST_CASE("laplacian noise has the moments of its density") {
  std::vector<double> noise = first(filled(0, 20000), LaplacianNoise{0.5}, 3);
  // E|v| = scale and E v^2 = 2 scale^2, with relative deviations of 0.7 % and 1.6 % here.
  CHECK(std::abs(mean(noise)) < 0.02);
  for (double& value : noise) value = std::abs(value);
  CHECK(mean(noise) == doctest::Approx(0.5).epsilon(0.035));
  for (double& value : noise) value *= value;
  CHECK(mean(noise) == doctest::Approx(0.5).epsilon(0.08));
  CHECK(first(filled(0, 100), LaplacianNoise{1}, 3) == first(filled(0, 100), LaplacianNoise{1}, 3));
}

TEST_CASE("two noises in one chain are not the same numbers") {
  const auto once = first(filled(0, 100), GaussianNoise{1}, 5);
  const DefendedUpdate result = defended(filled(0, 100), {GaussianNoise{1}, GaussianNoise{1}}, 5);
  const std::vector<double> twice = result.update.tensors[0].second.doubles();
  double second = 0;
  for (std::size_t i = 0; i < once.size(); ++i) second += std::abs(twice[i] - 2 * once[i]);
  CHECK(second > 1);
}

TEST_CASE("quantisation yields levels of the largest magnitude and no others") {
  const std::vector<double> quantized = first(update(), Quantization{3}, 1);
  for (const double value : quantized) {
    const double level = value * 3 / 3.0;  // three positive levels, largest magnitude 3
    CHECK(level == doctest::Approx(std::round(level)));
  }
  CHECK(quantized[0] == 3);
  CHECK(first(filled(0, 3), Quantization{3}) == std::vector<double>{0, 0, 0});
}

TEST_CASE("quantisation is unbiased, and two bits leave one of three values") {
  std::vector<double> values(20001, 0.3);
  values[0] = -1;
  const Literal tensor = Literal::of<double>({20001}, values);
  const std::vector<double> quantized = first({{"a", tensor}}, Quantization{2}, 7);
  CHECK(quantized[0] == -1);
  CHECK(std::set<double>(quantized.begin() + 1, quantized.end()) == std::set<double>{0, 1});
  // The share of ones among 20000 has a deviation of 0.0032.
  CHECK(mean({quantized.begin() + 1, quantized.end()}) == doctest::Approx(0.3).epsilon(0.045));
  CHECK(first({{"a", tensor}}, Quantization{2}, 7) == quantized);
}

TEST_CASE("at many bits quantisation changes entries by less than a level") {
  const std::vector<double> before = update()[0].second.doubles();
  const std::vector<double> after = first(update(), Quantization{16}, 2);
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(std::abs(after[i] - before[i]) <= 3 / 32767.0 * 1.001);
}

TEST_CASE("signs keep the direction of each entry, scaled ones also the mean magnitude") {
  const std::vector<NamedTensor> tensors{
      {"a", Literal::of<double>({3}, std::vector<double>{3, 0, -1.5})}};
  CHECK(first(tensors, SignCompression{false}) == std::vector<double>{1, 0, -1});
  CHECK(first(tensors, SignCompression{true}) == std::vector<double>{1.5, 0, -1.5});
}

TEST_CASE("defences are applied in the order given") {
  const std::vector<Defense> clip_first{Clipping{1}, SignCompression{false}};
  const std::vector<Defense> sign_first{SignCompression{false}, Clipping{1}};
  CHECK(defended(update(), clip_first).update.tensors[1].second.doubles()[0] == -1);
  CHECK(norm_of(defended(update(), sign_first).update.tensors) == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("a defence records what it did and how far the update moved") {
  const DefendedUpdate result = defended(update(), {Clipping{1}, Sparsification{0.5}});
  REQUIRE(result.reports.size() == 2);
  CHECK(result.reports[0].words == "clip: norm 5.59017 -> 1");
  CHECK(result.reports[0].change == doctest::Approx(1 - 1 / 5.59017));
  CHECK(result.reports[0].defense == Defense(Clipping{1}));
  CHECK(result.reports[1].words == "sparsify: the 3 smallest entries set to 0");
  CHECK(std::isinf(defended(filled(0, 3), {GaussianNoise{1}}).reports[0].change));
  CHECK(defended(filled(0, 3), {Clipping{1}}).reports[0].change == 0);
}

TEST_CASE("parameters out of range are refused by the defence's name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<Defense, std::string>> rows{
      {GaussianNoise{-1}, "gaussian: a size"},
      {LaplacianNoise{nan}, "laplace: a size"},
      {Clipping{0}, "clip: a norm above 0"},
      {Clipping{-1, Scope::tensor}, "clip-layer: a norm above 0"},
      {Sparsification{1}, "sparsify: a share in [0, 1)"},
      {Sparsification{-0.1, Scope::all}, "sparsify-global: a share in [0, 1)"},
      {Quantization{1}, "quantize: 2 to 32 bits"},
      {Quantization{33}, "quantize: 2 to 32 bits"},
      {Soteria{1}, "soteria: a share in [0, 1)"},
      {Soteria{0.5, 0}, "soteria: an epsilon above 0"},
      {DpSgd{0, 1}, "dp-sgd: a norm above 0"},
      {DpSgd{1, -1}, "dp-sgd: a size"},
      {DpSgd{1, 1, 0}, "dp-sgd: a delta in (0, 1)"},
      {DpSgd{1, 1, 1e-5, 0}, "dp-sgd: a sampling rate in (0, 1]"}};
  for (const auto& row : rows) {
    CAPTURE(row.second);
    CHECK_THROWS_WITH_AS(check(row.first), doctest::Contains(row.second.c_str()), InputError);
  }
}

TEST_CASE("an update that is no number is refused by the tensor's name") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(sent(filled(infinity, 2), Sparsification{0.5}),
                       doctest::Contains("'a' holds inf"), NumericError);
}

TEST_CASE("chains that no client could carry out are refused") {
  const Defense aggregation = SecureAggregation{};
  CHECK_THROWS_WITH_AS(defended(update(), {Clipping{1}, DpSgd{}}),
                       doctest::Contains("comes first, 'clip' came before"), InputError);
  CHECK_THROWS_WITH_AS(defended(update(), {aggregation, Soteria{0.5}}),
                       doctest::Contains("soteria: expected before secure-aggregation"),
                       InputError);
  CHECK_THROWS_WITH_AS(defended(update(), {aggregation, aggregation}),
                       doctest::Contains("expected before secure-aggregation"), InputError);
  CHECK_THROWS_WITH_AS(defended(update(), {aggregation}),
                       doctest::Contains("at least one other client"), InputError);
}

}  // namespace palimpsest::inversion
