#pragma once
// Functions that searches without derivatives are measured on. Each has its least value, 0, at the
// origin, but for rosenbrock, which has it at (1, ..., 1).

#include <Eigen/Core>
#include <cmath>
#include <numbers>

namespace palimpsest::optimizers::testing {

using Vector = Eigen::VectorXd;

inline double sphere(const Vector& x) { return x.squaredNorm(); }

/// Axes with curvatures from 1 to 10^6.
inline double ellipsoid(const Vector& x) {
  double sum = 0;
  const auto last = static_cast<double>(x.size() - 1);
  for (Eigen::Index i = 0; i < x.size(); ++i)
    sum += std::pow(10, 6 * static_cast<double>(i) / last) * x[i] * x[i];
  return sum;
}

inline double rosenbrock(const Vector& x) {
  double sum = 0;
  for (Eigen::Index i = 0; i + 1 < x.size(); ++i)
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  return sum;
}

/// Many shallow local minima on a funnel.
inline double ackley(const Vector& x) {
  const double wave = (2 * std::numbers::pi * x.array()).cos().mean();
  return 20 - 20 * std::exp(-0.2 * std::sqrt(x.squaredNorm() / static_cast<double>(x.size()))) +
         std::numbers::e - std::exp(wave);
}

/// Many deep local minima on a bowl.
inline double rastrigin(const Vector& x) {
  return 10 * static_cast<double>(x.size()) + x.squaredNorm() -
         10 * (2 * std::numbers::pi * x.array()).cos().sum();
}

}  // namespace palimpsest::optimizers::testing
