#include "optimizers/gaussian_process.h"

#include <cmath>
#include <numbers>

#include "graph/error.h"

namespace palimpsest::optimizers {
namespace {

/// sqrt(5) r between the rows of two sets. Squares by expansion, so that it is a product of
/// matrices; rounding then leaves an error of about 1e-8 at coinciding points, where k is flat.
Eigen::MatrixXd scaled_distances(const Eigen::VectorXd& lengths, const Points& a, const Points& b) {
  const Eigen::VectorXd inverse = lengths.cwiseInverse();
  const Points u = a * inverse.asDiagonal(), v = b * inverse.asDiagonal();
  Eigen::MatrixXd square = -2 * u * v.transpose();
  square.colwise() += u.rowwise().squaredNorm();
  square.rowwise() += v.rowwise().squaredNorm().transpose();
  return (5 * square.array().max(0)).sqrt();
}

Eigen::MatrixXd matern(double scale, const Eigen::MatrixXd& a) {
  return scale * (1 + a.array() + a.array().square() / 3) * (-a.array()).exp();
}

Eigen::MatrixXd noisy(Eigen::MatrixXd kernel, double noise) {
  kernel.diagonal().array() += noise;
  return kernel;
}

}  // namespace

Eigen::MatrixXd kernel_matrix(const KernelParameters& parameters, const Points& a,
                              const Points& b) {
  return matern(parameters.scale, scaled_distances(parameters.lengths, a, b));
}

Eigen::LLT<Eigen::MatrixXd> safe_cholesky(Eigen::MatrixXd matrix) {
  if (!matrix.allFinite()) throw NumericError("Cholesky: finite entries expected");
  const double mean = matrix.diagonal().mean();
  double added = 0;
  for (double jitter = 1e-10; jitter < 2e-3; jitter *= 10) {
    Eigen::LLT<Eigen::MatrixXd> factor(matrix);
    if (factor.info() == Eigen::Success) return factor;
    matrix.diagonal().array() += jitter * mean - added;
    added = jitter * mean;
  }
  Eigen::LLT<Eigen::MatrixXd> factor(matrix);
  if (factor.info() == Eigen::Success) return factor;
  throw NumericError(text("Cholesky: a positive definite matrix of ", matrix.rows(),
                          " rows expected; its diagonal, ", mean, " in the mean, was raised by ",
                          added, " in vain"));
}

Likelihood log_marginal_likelihood(const KernelParameters& parameters, const Points& points,
                                   const Eigen::VectorXd& values) {
  const auto count = static_cast<double>(points.rows());
  const Eigen::MatrixXd a = scaled_distances(parameters.lengths, points, points);
  const Eigen::MatrixXd kernel = matern(parameters.scale, a);
  const Eigen::LLT<Eigen::MatrixXd> factor = safe_cholesky(noisy(kernel, parameters.noise));
  const Eigen::VectorXd weights = factor.solve(values);
  Likelihood result;
  result.value = -0.5 * values.dot(weights) - factor.matrixLLT().diagonal().array().log().sum() -
                 0.5 * count * std::log(2 * std::numbers::pi);

  // dL / dtheta = 1/2 sum_ij W_ij dK_ij / dtheta with W = weights weights' - K^-1.
  Eigen::MatrixXd w = -factor.solve(Eigen::MatrixXd::Identity(points.rows(), points.rows()));
  w += weights * weights.transpose();
  result.by_log_noise = 0.5 * parameters.noise * w.trace();
  result.by_log_scale = 0.5 * w.cwiseProduct(kernel).sum();
  // dk / d log length_d = 5/3 scale (1 + a) exp(-a) (x_d - x'_d)^2 / length_d^2. The sum over
  // pairs of m_ij (x_i - x_j)^2 is 2 sum_i x_i^2 (m 1)_i - 2 x' m x.
  const Eigen::MatrixXd m =
      w.array() * (5.0 / 3 * parameters.scale * (1 + a.array()) * (-a.array()).exp());
  const Points x = points * parameters.lengths.cwiseInverse().asDiagonal();
  const Eigen::VectorXd sums = m.rowwise().sum();
  const Eigen::MatrixXd mx = m * x;
  result.by_log_lengths =
      (x.cwiseAbs2().transpose() * sums - x.cwiseProduct(mx).colwise().sum().transpose());
  return result;
}

GaussianProcess::GaussianProcess(KernelParameters parameters, Points points,
                                 const Eigen::VectorXd& values)
    : parameters_(std::move(parameters)), points_(std::move(points)) {
  if (points_.rows() == 0 || points_.rows() != values.size() ||
      points_.cols() != parameters_.lengths.size())
    throw InputError(text("Gaussian process: values at points of ", parameters_.lengths.size(),
                          " coordinates expected, ", values.size(), " at ", points_.rows(), " of ",
                          points_.cols(), " came"));
  factor_ = safe_cholesky(noisy(kernel_matrix(parameters_, points_, points_), parameters_.noise));
  weights_ = factor_.solve(values);
}

Posterior GaussianProcess::posterior(const Points& at) const {
  const Eigen::MatrixXd across = kernel_matrix(parameters_, points_, at);
  const Eigen::MatrixXd whitened = factor_.matrixL().solve(across);
  Posterior result;
  result.mean = across.transpose() * weights_;
  result.covariance = kernel_matrix(parameters_, at, at);
  result.covariance -= whitened.transpose() * whitened;
  return result;
}

}  // namespace palimpsest::optimizers
