// The privacy accountant against numerical integration, the exact curve of the Gaussian mechanism
// and a published figure.

#include <doctest/doctest.h>

#include <cmath>

#include "graph/error.h"
#include "inversion/defense/privacy.h"

namespace palimpsest::inversion {
namespace {

double normal_below(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

/// The delta of one Gaussian release at an epsilon, exactly (Balle and Wang 2018, theorem 8).
double exact_delta(double noise_multiplier, double epsilon) {
  const double half = 1 / (2 * noise_multiplier), shift = epsilon * noise_multiplier;
  return normal_below(half - shift) - std::exp(epsilon) * normal_below(-half - shift);
}

}  // namespace

TEST_CASE("the divergence of a sampled step is that of numerical integration") {
  // E over z ~ N(0, s^2) of ((1 - q) + q exp((2 z - 1) / (2 s^2)))^a, by adaptive quadrature.
  struct Row {
    double rate, noise;
    std::int64_t order;
    double divergence;
  };
  for (const Row& row :
       {Row{0.01, 4, 2, 6.449425094200686e-06}, Row{0.01, 4, 32, 0.00010526360659081532},
        Row{0.1, 1.5, 5, 0.01698314590166649}, Row{0.5, 0.8, 3, 1.3819536451436079}}) {
    CAPTURE(row.order);
    // The logarithm of a number 1 + x near 1 has an error of 1e-16 / x.
    CHECK(sampled_gaussian_divergence(row.noise, row.rate, row.order) ==
          doctest::Approx(row.divergence).epsilon(1e-9));
  }
}

TEST_CASE("with every example in every step sampling changes nothing") {
  CHECK(sampled_gaussian_divergence(2, 1, 8) == gaussian_divergence(2, 8));
  CHECK(gaussian_divergence(2, 8) == 1);
}

TEST_CASE("the epsilon of one release is a bound near the exact one") {
  for (const double noise : {0.5, 1.0, 2.0, 5.0}) {
    CAPTURE(noise);
    const double epsilon = epsilon_of({noise, 1, 1}, 1e-5);
    CHECK(exact_delta(noise, epsilon) < 1e-5);        // a bound
    CHECK(exact_delta(noise, epsilon / 1.1) > 1e-5);  // within 10 % of the exact value
  }
}

TEST_CASE("without sampling, T steps are one step with 1 / sqrt(T) of the noise") {
  CHECK(epsilon_of({4, 1, 16}, 1e-5) == doctest::Approx(epsilon_of({1, 1, 1}, 1e-5)));
}

TEST_CASE("ten thousand sampled steps stay below the published moments accountant") {
  // Abadi et al. 2016, section 3: noise 4, rate 0.01, 10^4 steps, delta 1e-5: epsilon 1.26.
  const double epsilon = epsilon_of({4, 0.01, 10000}, 1e-5);
  CHECK(epsilon < 1.26);
  CHECK(epsilon == doctest::Approx(1.0354900660361086).epsilon(1e-6));  // by quadrature
}

TEST_CASE("epsilon falls with noise and delta, grows with steps and rate, and is never negative") {
  const double epsilon = epsilon_of({1, 0.1, 10}, 1e-5);
  CHECK(epsilon_of({1.1, 0.1, 10}, 1e-5) < epsilon);
  CHECK(epsilon_of({1, 0.1, 10}, 1e-4) < epsilon);
  CHECK(epsilon_of({1, 0.1, 11}, 1e-5) > epsilon);
  CHECK(epsilon_of({1, 0.2, 10}, 1e-5) > epsilon);
  CHECK(epsilon_of({1000, 0.01, 1}, 0.5) == 0);
}

TEST_CASE("the accountant refuses what is no mechanism") {
  CHECK_THROWS_AS(epsilon_of({0, 1, 1}, 1e-5), InputError);
  CHECK_THROWS_AS(epsilon_of({1, 0, 1}, 1e-5), InputError);
  CHECK_THROWS_AS(epsilon_of({1, 1.1, 1}, 1e-5), InputError);
  CHECK_THROWS_AS(epsilon_of({1, 1, 0}, 1e-5), InputError);
  CHECK_THROWS_AS(epsilon_of({1, 1, 1}, 0), InputError);
}

}  // namespace palimpsest::inversion
