#include "optimizers/sobol.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "graph/error.h"

namespace palimpsest::optimizers {
namespace {

/// Which of `count` equal intervals of [0, 1) the coordinate's values fall into.
std::set<int> intervals(const Points& points, Eigen::Index coordinate, int count) {
  std::set<int> hit;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    hit.insert(static_cast<int>(points(i, coordinate) * count));
  return hit;
}

/// The error of the mean of prod_d (1 + (x_d - 1/2) / 2), whose integral is 1.
double integration_error(const Points& points) {
  double sum = 0;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    sum += (1 + (points.row(i).array() - 0.5) / 2).prod();
  return std::abs(sum / static_cast<double>(points.rows()) - 1);
}

}  // namespace

TEST_CASE("primitive polynomials come by degree") {
  // x + 1, x^2 + x + 1, x^3 + x + 1, x^3 + x^2 + 1, x^4 + x + 1, x^4 + x^3 + 1, x^5 + x^2 + 1.
  CHECK(primitive_polynomials(7) == std::vector<std::uint32_t>{3, 7, 11, 13, 19, 25, 37});
  // phi(2^d - 1) / d of degree d, for d = 1 to 7: 1, 1, 2, 2, 6, 6, 18.
  const std::vector<std::uint32_t> many = primitive_polynomials(37);
  CHECK(many[17] < 128);
  CHECK(many[18] > 128);
  CHECK(many[35] < 256);
  CHECK(many[36] > 256);
}

TEST_CASE("every coordinate of a Sobol sequence is spread perfectly at every power of two") {
  const Sobol sobol(150, 3, 4);
  for (const int count : {1, 8, 256}) {
    const Points points = sobol.first(count);
    for (Eigen::Index d = 0; d < 150; ++d) CHECK(intervals(points, d, count).size() == count);
    CHECK(points.minCoeff() >= 0);
    CHECK(points.maxCoeff() < 1);
  }
}

TEST_CASE("Sobol points integrate better than independent ones, for every seed") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Points independent(4096, 6);
    draw_uniform({independent.data(), 4096 * 6}, seed, 1, 1);
    CAPTURE(seed);
    // A standard deviation of 1 / (2 sqrt(12)) each: 0.37 / 64 = 0.006 for independent draws.
    CHECK(integration_error(Sobol(6, seed, 0).first(4096)) < 6e-4);
  }
}

TEST_CASE("a Sobol sequence depends on its seed and is refused beyond its dimensions") {
  CHECK(Sobol(3, 1, 0).first(4) == Sobol(3, 1, 0).first(4));
  CHECK(Sobol(3, 1, 0).first(4) != Sobol(3, 2, 0).first(4));
  CHECK_THROWS_AS(Sobol(0, 1, 0), InputError);
  CHECK_THROWS_AS(Sobol(1001, 1, 0), InputError);
}

TEST_CASE("a Latin hypercube has one point in every row and column") {
  const Points points = latin_hypercube(37, 5, 1, 2, 3);
  for (Eigen::Index d = 0; d < 5; ++d) CHECK(intervals(points, d, 37).size() == 37);
  CHECK(points != latin_hypercube(37, 5, 1, 2, 4));
  CHECK((points.col(0) - points.col(1)).cwiseAbs().maxCoeff() > 0.3);
}

}  // namespace palimpsest::optimizers
