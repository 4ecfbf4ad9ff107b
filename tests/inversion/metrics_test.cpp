#include "inversion/metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace palimpsest::inversion {
namespace {

using Pixel = std::function<double(int image, int y, int x)>;

Literal images(Shape shape, const Pixel& pixel) {
  std::vector<float> values;
  for (int n = 0; n < shape[0] * shape[1]; ++n)
    for (int y = 0; y < shape[2]; ++y)
      for (int x = 0; x < shape[3]; ++x) values.push_back(static_cast<float>(pixel(n, y, x)));
  return Literal::of<float>(std::move(shape), values);
}

double smooth(int n, int y, int x) {
  return 0.5 + 0.4 * std::sin(0.3 * y + n) * std::cos(0.2 * x - n);
}

double patterned(int n, int y, int x) {
  return 0.5 + 0.3 * std::sin(0.31 * y + n + 0.2) * std::cos(0.22 * x - n) +
         0.1 * ((x * 7 + y * 3) % 5) / 5;
}

double constant_by_image(int n, int, int) { return 0.1 * n; }

}  // namespace

// Expected SSIM: scikit-image 0.25, gaussian_weights, sigma 1.5, population covariances, range 1.
TEST_CASE("SSIM agrees with scikit-image") {
  const Literal a = images({2, 1, 16, 20}, smooth), b = images({2, 1, 16, 20}, patterned);
  CHECK(std::abs(ssim(a, 0, b, 0) - 0.8390042429712441) < 1e-7);
  CHECK(std::abs(ssim(a, 1, b, 1) - 0.8237465157361817) < 1e-7);
}

TEST_CASE("SSIM of an image of one window, and of equal images") {
  const Literal a = images({2, 1, 11, 11}, smooth);
  CHECK(std::abs(ssim(a, 0, a, 1) - 0.04872542919392293) < 1e-7);
  CHECK(ssim(a, 1, a, 1) == doctest::Approx(1));
}

TEST_CASE("SSIM is the mean over channels") {
  const Literal a = images({1, 2, 16, 20}, smooth), b = images({1, 2, 16, 20}, patterned);
  CHECK(std::abs(ssim(a, 0, b, 0) - (0.8390042429712441 + 0.8237465157361817) / 2) < 1e-7);
}

TEST_CASE("SSIM refuses images smaller than its window") {
  const Literal a = images({1, 1, 10, 16}, smooth);
  CHECK_THROWS_AS(ssim(a, 0, a, 0), InputError);
}

TEST_CASE("PSNR has peak one") {
  CHECK(psnr(0.01) == doctest::Approx(20));
  CHECK(std::isinf(psnr(0)));
}

TEST_CASE("the assignment is the cheapest one, not the greedy one") {
  // Greedy would take (0, 0) for 1 and then pay 100.
  const std::vector<double> cost{1, 2, 2, 100};
  CHECK(assignment(cost, 2) == std::vector<std::int64_t>{1, 0});
}

TEST_CASE("the assignment costs least among all permutations") {
  const std::int64_t size = 5;
  std::vector<double> cost;
  for (int i = 0; i < 25; ++i) cost.push_back((i * 37 + i * i * 11) % 23);
  const auto total = [&](const std::vector<std::int64_t>& columns) {
    double sum = 0;
    for (std::size_t i = 0; i < columns.size(); ++i)
      sum += cost[i * size + static_cast<std::size_t>(columns[i])];
    return sum;
  };
  std::vector<std::int64_t> permutation{0, 1, 2, 3, 4};
  double least = total(permutation);
  while (std::next_permutation(permutation.begin(), permutation.end()))
    least = std::min(least, total(permutation));
  CHECK(total(assignment(cost, size)) == least);
}

TEST_CASE("recovered images are scored against the truth they belong to") {
  const Literal truth = images({3, 1, 12, 12}, constant_by_image);
  const Literal shuffled = images({3, 1, 12, 12}, [](int n, int y, int x) {
    return constant_by_image((n + 1) % 3, y, x) + 0.01;
  });
  const ImageScores scores = score_images(shuffled, truth);
  for (const ImageScore& score : scores.images) {
    CHECK(score.truth == (score.recovered + 1) % 3);
    CHECK(score.psnr == doctest::Approx(40).epsilon(1e-4));
  }
  CHECK(scores.psnr == doctest::Approx(40).epsilon(1e-4));
  CHECK(scores.random_pair_psnr < 25);
}

TEST_CASE("a single image has no random pair") {
  const Literal truth = images({1, 1, 8, 8}, smooth);
  const ImageScores scores = score_images(truth, truth);
  CHECK(std::isnan(scores.random_pair_psnr));
  CHECK(std::isnan(scores.images[0].ssim));
}

TEST_CASE("label recall counts duplicates") {
  const std::vector<std::int64_t> truth{3, 3, 5, 7}, recovered{3, 5, 5, 7};
  CHECK(label_recall(recovered, truth) == doctest::Approx(0.75));
}

TEST_CASE("agreement of updates is taken over all tensors together") {
  const std::vector<Literal> a{Literal::of<double>({2}, std::vector<double>{1, 0}),
                               Literal::of<double>({1}, std::vector<double>{-2})};
  const std::vector<Literal> b{Literal::of<double>({2}, std::vector<double>{2, 0}),
                               Literal::of<double>({1}, std::vector<double>{4})};
  const UpdateAgreement found = agreement(a, b);
  CHECK(found.cosine == doctest::Approx(-6 / std::sqrt(5.0 * 20.0)));
  CHECK(found.sign_match == doctest::Approx(2.0 / 3));
  CHECK(found.relative_error == doctest::Approx(std::sqrt(37.0 / 20)));
}

}  // namespace palimpsest::inversion
