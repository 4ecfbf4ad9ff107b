#include "optimizers/gaussian_process.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "graph/error.h"
#include "tools/io/files.h"
#include "tools/io/npz.h"

namespace palimpsest::optimizers {
namespace {

using Vector = Eigen::VectorXd;

/// n points in the unit cube and a smooth function of them.
struct Data {
  Points points;
  Vector values;
};

Data sample(Eigen::Index count, Eigen::Index n) {
  Data data{Points(count, n), Vector(count)};
  draw_uniform({data.points.data(), static_cast<std::size_t>(data.points.size())}, 1, 2, 3);
  for (Eigen::Index i = 0; i < count; ++i)
    data.values[i] = std::sin(4 * data.points(i, 0)) + data.points.row(i).squaredNorm() - 1;
  return data;
}

struct Golden {
  std::map<std::string, Literal> arrays;

  Golden() {
    const std::string path = PALIMPSEST_SOURCE_DIR "/tests/golden/optimizers/gaussian_process.npz";
    const auto bytes = tools::read_file(path);
    const auto list = tools::parse_npz(bytes, path);
    arrays = {list.tensors.begin(), list.tensors.end()};
  }
  Vector vector(const std::string& name) const {
    const Literal& array = arrays.at(name);
    return Eigen::Map<const Vector>(array.values<double>().data(), array.elements());
  }
  Points matrix(const std::string& name) const {
    const Literal& array = arrays.at(name);
    return Eigen::Map<const Points>(array.values<double>().data(), array.shape()[0],
                                    array.shape()[1]);
  }
  KernelParameters parameters() const {
    return {vector("lengths"), vector("scale")[0], vector("noise")[0]};
  }
};

double greatest(const Eigen::MatrixXd& difference) { return difference.cwiseAbs().maxCoeff(); }

}  // namespace

TEST_CASE("the Matern kernel has its closed form") {
  const KernelParameters parameters{Vector::Constant(1, 2.0), 3, 0.1};
  Points a(1, 1), b(2, 1);
  a << 0;
  b << 0, 2;  // one length apart
  const Eigen::MatrixXd k = kernel_matrix(parameters, a, b);
  const double s = std::sqrt(5.0);
  CHECK(k(0, 0) == 3);
  CHECK(k(0, 1) == doctest::Approx(3 * (1 + s + 5.0 / 3) * std::exp(-s)).epsilon(1e-14));
}

TEST_CASE("the posterior at one observation has its closed form") {
  const KernelParameters parameters{Vector::Constant(2, 0.7), 2, 0.5};
  const Points at = Points::Constant(1, 2, 0.3);
  const GaussianProcess process(parameters, at, Vector::Constant(1, 4));
  const Posterior posterior = process.posterior(at);
  // scale / (scale + noise) of the value; scale noise / (scale + noise) of the variance.
  CHECK(posterior.mean[0] == doctest::Approx(3.2).epsilon(1e-14));
  CHECK(posterior.covariance(0, 0) == doctest::Approx(0.4).epsilon(1e-13));
}

TEST_CASE("far from all observations the posterior is the prior") {
  const Data data = sample(10, 2);
  const GaussianProcess process({Vector::Constant(2, 0.1), 1.5, 1e-3}, data.points, data.values);
  const Posterior posterior = process.posterior(Points::Constant(1, 2, 30));
  CHECK(std::abs(posterior.mean[0]) < 1e-12);
  CHECK(posterior.covariance(0, 0) == doctest::Approx(1.5).epsilon(1e-12));
}

TEST_CASE("with little noise the posterior goes through the observations") {
  const Data data = sample(12, 2);
  const GaussianProcess process({Vector::Constant(2, 0.5), 1, 1e-9}, data.points, data.values);
  const Posterior posterior = process.posterior(data.points);
  CHECK(greatest(posterior.mean - data.values) < 1e-5);
  CHECK(posterior.covariance.diagonal().maxCoeff() < 1e-6);
}

TEST_CASE("posterior and likelihood are those computed with NumPy") {
  const Golden golden;
  const Points points = golden.matrix("points");
  const GaussianProcess process(golden.parameters(), points, golden.vector("values"));
  const Posterior posterior = process.posterior(golden.matrix("at"));
  // The condition of K is below 24 (scale + noise) / noise = 1600: some 1e-12 of rounding at most.
  CHECK(greatest(posterior.mean - golden.vector("mean")) < 1e-11);
  CHECK(greatest(posterior.covariance - golden.matrix("covariance")) < 1e-11);
  const Likelihood likelihood =
      log_marginal_likelihood(golden.parameters(), points, golden.vector("values"));
  CHECK(likelihood.value == doctest::Approx(golden.vector("log_likelihood")[0]).epsilon(1e-11));
  Vector gradient(5);
  gradient << likelihood.by_log_lengths, likelihood.by_log_scale, likelihood.by_log_noise;
  CHECK(greatest(gradient - golden.vector("gradient")) < 1e-9);
}

TEST_CASE("the likelihood's gradient is that of central differences") {
  const Data data = sample(30, 4);
  Vector logarithms(6);
  logarithms << -1, -0.3, 0.2, 0.6, 0.4, -3;
  const auto at = [&](const Vector& l) {
    const Vector all = l.array().exp();
    return log_marginal_likelihood({all.head(4), all[4], all[5]}, data.points, data.values);
  };
  const Likelihood likelihood = at(logarithms);
  Vector gradient(6);
  gradient << likelihood.by_log_lengths, likelihood.by_log_scale, likelihood.by_log_noise;
  for (Eigen::Index i = 0; i < 6; ++i) {
    CAPTURE(i);
    constexpr double h = 1e-5;
    Vector up = logarithms, down = logarithms;
    up[i] += h;
    down[i] -= h;
    const double difference = (at(up).value - at(down).value) / (2 * h);
    // h^2 times a third derivative, and 1e-16 |L| / h of rounding with |L| around 30.
    CHECK(std::abs(gradient[i] - difference) < 1e-7 * (1 + std::abs(difference)));
  }
}

TEST_CASE("the fit raises the likelihood and finds which coordinates matter") {
  Data data = sample(80, 3);
  for (Eigen::Index i = 0; i < 80; ++i) data.values[i] = std::sin(9 * data.points(i, 1));
  const KernelParameters start = default_kernel(3);
  const auto value = [&](const KernelParameters& p) {
    return log_marginal_likelihood(p, data.points, data.values).value;
  };
  const KernelParameters fit = fitted_kernel(start, data.points, data.values, 60);
  CHECK(value(fit) > value(start) + 10);
  CHECK(fit.lengths[0] > 2 * fit.lengths[1]);
  CHECK(fit.lengths[2] > 2 * fit.lengths[1]);
  const KernelRanges ranges;
  CHECK(fit.lengths.maxCoeff() <= ranges.most_length);
  CHECK(fit.noise >= ranges.least_noise);
  // No step: the start, but for the logit's rounding.
  CHECK(fitted_kernel(start, data.points, data.values, 0).noise ==
        doctest::Approx(start.noise).epsilon(1e-12));
}

TEST_CASE("a fit that begins outside its ranges is refused") {
  const Data data = sample(5, 2);
  KernelParameters start = default_kernel(2);
  start.noise = 1;
  CHECK_THROWS_AS(fitted_kernel(start, data.points, data.values, 5), InputError);
}

TEST_CASE("observations at one place do not break the factorisation") {
  const Points same = Points::Constant(40, 3, 0.5);
  const GaussianProcess process({Vector::Constant(3, 0.5), 1, 0}, same, Vector::Constant(40, 2));
  CHECK(process.posterior(same.topRows(1)).mean[0] == doctest::Approx(2).epsilon(1e-3));
}

TEST_CASE("matrices without a Cholesky factor are refused") {
  Eigen::MatrixXd indefinite = Eigen::MatrixXd::Identity(3, 3);
  indefinite(2, 2) = -1;
  CHECK_THROWS_AS(safe_cholesky(indefinite), NumericError);
  indefinite(2, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(safe_cholesky(indefinite), NumericError);
}

TEST_CASE("a Gaussian process needs as many values as points") {
  const Data data = sample(5, 2);
  CHECK_THROWS_AS(GaussianProcess(default_kernel(2), data.points, Vector::Zero(4)), InputError);
  CHECK_THROWS_AS(GaussianProcess(default_kernel(3), data.points, data.values), InputError);
  CHECK_THROWS_AS(GaussianProcess(default_kernel(2), Points(0, 2), Vector()), InputError);
}

}  // namespace palimpsest::optimizers
