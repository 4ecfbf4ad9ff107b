#include <cmath>
#include <limits>

#include "graph/error.h"
#include "optimizers/adam.h"
#include "optimizers/gaussian_process.h"

namespace palimpsest::optimizers {
namespace {

/// Logarithms of all parameters as one vector: lengths, scale, noise.
Eigen::VectorXd logarithms(const KernelParameters& parameters) {
  Eigen::VectorXd all(parameters.lengths.size() + 2);
  all << parameters.lengths, parameters.scale, parameters.noise;
  return all.array().log();
}

KernelParameters parameters_of(const Eigen::VectorXd& logarithms) {
  const Eigen::Index n = logarithms.size() - 2;
  const Eigen::VectorXd all = logarithms.array().exp();
  return {all.head(n), all[n], all[n + 1]};
}

Eigen::VectorXd gradient_of(const Likelihood& likelihood) {
  Eigen::VectorXd all(likelihood.by_log_lengths.size() + 2);
  all << likelihood.by_log_lengths, likelihood.by_log_scale, likelihood.by_log_noise;
  return all;
}

/// Places of logarithms in their ranges, without borders: low + (high - low) sigmoid(logit).
struct Ranges {
  Eigen::ArrayXd low, width;

  Ranges(const KernelRanges& ranges, Eigen::Index n) {
    const auto all = [n](double length, double scale, double noise) {
      Eigen::ArrayXd values = Eigen::ArrayXd::Constant(n + 2, length);
      values.tail(2) << scale, noise;
      return Eigen::ArrayXd(values.log());
    };
    low = all(ranges.least_length, ranges.least_scale, ranges.least_noise);
    width = all(ranges.most_length, ranges.most_scale, ranges.most_noise) - low;
  }
  /// A place at a border, where the sigmoid never arrives, is taken for one just inside.
  Eigen::ArrayXd logits(const Eigen::VectorXd& logarithms) const {
    const Eigen::ArrayXd place = (logarithms.array() - low) / width;
    if (!(place >= -1e-9).all() || !(place <= 1 + 1e-9).all())
      throw InputError("kernel fit: a start inside the ranges expected");
    const Eigen::ArrayXd inner = place.max(1e-4).min(1 - 1e-4);
    return (inner / (1 - inner)).log();
  }
  Eigen::VectorXd logarithms(const Eigen::ArrayXd& logits) const {
    return low + width / (1 + (-logits).exp());
  }
  /// d logarithm / d logit.
  Eigen::ArrayXd slopes(const Eigen::ArrayXd& logits) const {
    const Eigen::ArrayXd place = 1 / (1 + (-logits).exp());
    return width * place * (1 - place);
  }
};

}  // namespace

KernelParameters default_kernel(Eigen::Index dimension) {
  return {Eigen::VectorXd::Constant(dimension, 0.5), 1, 5e-3};
}

KernelParameters fitted_kernel(const KernelParameters& start, const Points& points,
                               const Eigen::VectorXd& values, int steps,
                               const KernelRanges& ranges) {
  const Ranges places(ranges, start.lengths.size());
  const AdamSettings adam;
  Eigen::ArrayXd logits = places.logits(logarithms(start));
  Eigen::ArrayXd first = Eigen::ArrayXd::Zero(logits.size()), second = first, best = logits;
  double best_value = -std::numeric_limits<double>::infinity();
  for (int t = 1;; ++t) {
    const Likelihood likelihood =
        log_marginal_likelihood(parameters_of(places.logarithms(logits)), points, values);
    if (likelihood.value > best_value) {
      best_value = likelihood.value;
      best = logits;
    }
    if (t > steps) break;
    // Per value, so that epsilon means the same at any number of points.
    const Eigen::ArrayXd gradient = -gradient_of(likelihood).array() * places.slopes(logits) /
                                    static_cast<double>(points.rows());
    const AdamNumbers numbers = adam_numbers(adam, 0.1, t);
    first = adam.beta1 * first + (1 - adam.beta1) * gradient;
    second = adam.beta2 * second + (1 - adam.beta2) * gradient.square();
    logits -= numbers.size * first / (second.sqrt() * numbers.scale + adam.epsilon);
  }
  return parameters_of(places.logarithms(best));
}

}  // namespace palimpsest::optimizers
