#pragma once
// What noise on clipped gradients promises: differential privacy of DP-SGD by its Renyi
// divergences. Neighbouring data sets differ by one example added or removed.

#include <cstdint>

namespace palimpsest::inversion {

/// Steps of the Gaussian mechanism with deviation noise_multiplier * sensitivity, each on a Poisson
/// sample that holds every example with probability `sampling_rate`.
struct PrivateSteps {
  double noise_multiplier = 1;  ///< > 0
  double sampling_rate = 1;     ///< in (0, 1]
  std::int64_t steps = 1;       ///< >= 1
};

/// Renyi divergence of order `order` > 1 of one step without sampling, which is exact:
/// order / (2 noise_multiplier^2) (Mironov 2017, corollary 3).
double gaussian_divergence(double noise_multiplier, double order);

/// The same of one Poisson-sampled step for whole orders >= 2 (Mironov, Talwar and Zhang 2019,
/// section 3.3), with q the rate and s the noise multiplier:
///   log(sum_k binomial(order, k) (1 - q)^(order - k) q^k exp(k (k - 1) / (2 s^2))) / (order - 1).
double sampled_gaussian_divergence(double noise_multiplier, double sampling_rate,
                                   std::int64_t order);

/// The epsilon of (epsilon, delta)-differential privacy: the least over orders a of
///   steps * divergence(a) + log((a - 1) / a) - (log(delta) + log(a)) / (a - 1)
/// (Canonne, Kamath and Steinke 2020, proposition 12), and not below 0. Orders: 1 + 0.01 * 1.02^k
/// up to 10^5 without sampling; 2 to 1024 with it. Throws InputError for parameters out of range.
double epsilon_of(const PrivateSteps& steps, double delta);

}  // namespace palimpsest::inversion
