#pragma once
// Regression by a Gaussian process: what values a function may have at points where it was not
// evaluated (Rasmussen and Williams, "Gaussian processes for machine learning", 2006: RW below).
// Zero mean, so values should be standardised; Matern-5/2 kernel with a length scale for each
// coordinate (RW eq. 4.17); independent Gaussian noise.

#include <Eigen/Cholesky>

#include "optimizers/points.h"

namespace palimpsest::optimizers {

/// k(x, x') = scale (1 + a + a^2 / 3) exp(-a) with a = sqrt(5) r and
/// r^2 = sum_d (x_d - x'_d)^2 / lengths_d^2; values have variance `noise` around the function's.
struct KernelParameters {
  Eigen::VectorXd lengths;
  double scale = 1;
  double noise = 1e-2;
};

/// k of every row of `a` and every row of `b`, without noise.
Eigen::MatrixXd kernel_matrix(const KernelParameters& parameters, const Points& a, const Points& b);

/// The Cholesky factor of a symmetric matrix. When it is not positive definite to working
/// precision, its diagonal grows by 1e-10, 1e-9, ... 1e-3 of its mean. Throws NumericError when
/// that is not enough or an entry is not finite.
Eigen::LLT<Eigen::MatrixXd> safe_cholesky(Eigen::MatrixXd matrix);

/// The log marginal likelihood of values at points (RW eq. 2.30), and its derivatives with respect
/// to the logarithms of the parameters (RW eq. 5.9).
struct Likelihood {
  double value = 0;
  Eigen::VectorXd by_log_lengths;
  double by_log_scale = 0, by_log_noise = 0;
};
/// Throws NumericError as safe_cholesky does.
Likelihood log_marginal_likelihood(const KernelParameters& parameters, const Points& points,
                                   const Eigen::VectorXd& values);

/// The function's distribution at other points, given the values (RW eqs. 2.25 and 2.26).
struct Posterior {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;  ///< of the function, without noise
};

class GaussianProcess {
 public:
  /// points [N, n], values [N]. Throws InputError when the counts or coordinates do not fit or
  /// there is no point, and NumericError as safe_cholesky does.
  GaussianProcess(KernelParameters parameters, Points points, const Eigen::VectorXd& values);

  Posterior posterior(const Points& at) const;

  const KernelParameters& parameters() const { return parameters_; }

 private:
  KernelParameters parameters_;
  Points points_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;  ///< (K + noise I)^-1 values
};

/// The borders inside which parameters are fitted; those of Eriksson et al. 2019 for points in the
/// unit cube and standardised values.
struct KernelRanges {
  double least_length = 5e-3, most_length = 2;
  double least_scale = 5e-2, most_scale = 20;
  double least_noise = 5e-4, most_noise = 0.2;
};

/// Lengths 0.5, scale 1 and noise 5e-3: where a first fit begins.
KernelParameters default_kernel(Eigen::Index dimension);

/// Climbs the log marginal likelihood from `start` by `steps` steps of Adam (rate 0.1) on the
/// logits of the logarithms' places in their ranges, and returns the best parameters seen.
/// Throws InputError when the start lies outside the ranges, and NumericError as safe_cholesky
/// does.
KernelParameters fitted_kernel(const KernelParameters& start, const Points& points,
                               const Eigen::VectorXd& values, int steps,
                               const KernelRanges& ranges = {});

}  // namespace palimpsest::optimizers
