// Differentially private local training (Abadi et al. 2016).

#include <cmath>

#include "inversion/defense/example_gradients.h"
#include "inversion/defense/privacy.h"
#include "inversion/defense/stage.h"

namespace palimpsest::inversion {
namespace {

using Vectors = std::vector<std::vector<double>>;

double norm_of(const Vectors& vectors) {
  double sum = 0;
  for (const std::vector<double>& vector : vectors)
    for (const double value : vector) sum += value * value;
  return std::sqrt(sum);
}

/// sums += factor * terms; empty sums become the terms.
void add_scaled(Vectors& sums, const Vectors& terms, double factor) {
  sums.resize(terms.size());
  for (std::size_t k = 0; k < terms.size(); ++k) {
    sums[k].resize(terms[k].size());
    for (std::size_t i = 0; i < terms[k].size(); ++i) sums[k][i] += factor * terms[k][i];
  }
}

/// The private gradients of one client's steps.
class PrivateGradients {
 public:
  PrivateGradients(const DpSgd& defense, const Stage& stage)
      : defense_(defense),
        problem_(*stage.request.problem),
        draws_(stage.draws),
        examples_(problem_, stage.request.data.images, stage.request.data.targets,
                  *stage.request.kernels, stage.request.threads) {}

  /// (sum of the clipped gradients of the step's examples + noise) / batch, or times 1 where the
  /// client's loss is a sum.
  Vectors at(const std::vector<Literal>& weights, std::int64_t step) {
    const std::vector<std::int64_t> rows = batch_rows(problem_, step);
    Vectors sum;
    for (const std::int64_t row : rows) {
      const Vectors gradient = examples_.at(weights, row);
      const double norm = norm_of(gradient);
      if (norm > defense_.norm) ++clipped_;
      ++seen_;
      add_scaled(sum, gradient, norm > defense_.norm ? defense_.norm / norm : 1);
    }
    const double share =
        problem_.loss.reduction == nn::Reduction::sum ? 1 : 1 / static_cast<double>(rows.size());
    deviation_ = share * defense_.noise_multiplier * defense_.norm;
    for (std::size_t k = 0; k < sum.size(); ++k) {
      const Random noise =
          draws_.of_tensor(k, {static_cast<std::int64_t>(sum[k].size())}, Distribution::normal);
      for (std::size_t i = 0; i < sum[k].size(); ++i)
        sum[k][i] = share * sum[k][i] +
                    deviation_ * random_element(noise, static_cast<std::uint64_t>(step), i);
    }
    return sum;
  }

  std::string words() const {
    return text("dp-sgd: ", clipped_, " of ", seen_, " gradients of examples clipped to ",
                defense_.norm, ", noise deviation ", deviation_);
  }

 private:
  const DpSgd& defense_;
  const Problem& problem_;
  DefenseDraws draws_;
  ExampleGradients examples_;
  std::int64_t clipped_ = 0, seen_ = 0;
  double deviation_ = 0;
};

Literal literal_of(const std::vector<double>& values, const TensorType& type) {
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

/// New minus old weights after local SGD with the private gradients.
Vectors trained(PrivateGradients& gradients, const Problem& problem) {
  const optimizers::SgdSettings& sgd = problem.training.sgd;
  std::vector<Literal> weights;
  Vectors change, velocity;
  for (const Parameter& parameter : problem.model->parameters) {
    weights.push_back(parameter.initial);
    change.emplace_back(static_cast<std::size_t>(parameter.initial.elements()), 0);
  }
  for (std::int64_t step = 0; step < problem.training.steps; ++step) {
    Vectors moved = gradients.at(weights, step);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const std::vector<double> w = weights[k].doubles();
      for (std::size_t i = 0; i < w.size(); ++i) {
        moved[k][i] += sgd.weight_decay * w[i];
        if (step > 0) moved[k][i] += sgd.momentum * velocity[k][i];
        change[k][i] -= sgd.rate * moved[k][i];
      }
      const Literal& initial = problem.model->parameters[k].initial;
      std::vector<double> after = initial.doubles();
      for (std::size_t i = 0; i < after.size(); ++i) after[i] += change[k][i];
      weights[k] = literal_of(after, initial.type());
    }
    velocity = std::move(moved);
  }
  return change;
}

void account(const DpSgd& defense, std::int64_t steps, DefenseReport& report) {
  if (defense.noise_multiplier == 0) {
    report.words += "; no noise, no privacy guarantee";
    return;
  }
  const double epsilon =
      epsilon_of({defense.noise_multiplier, defense.sampling_rate, steps}, defense.delta);
  if (!std::isfinite(epsilon)) return;
  report.epsilon = epsilon;
  report.words += text("; epsilon ", epsilon, " at delta ", defense.delta, ", ", steps,
                       steps == 1 ? " step" : " steps", ", sampling rate ", defense.sampling_rate);
}

}  // namespace

void apply(const DpSgd& defense, Stage& stage) {
  const Problem& problem = *stage.request.problem;
  demand_independent_examples(*problem.model, "dp-sgd");
  if (problem.observed.kind == UpdateKind::delta &&
      problem.training.optimizer != LocalOptimizer::sgd)
    throw UnsupportedError("dp-sgd: a client that trains by SGD expected, Adam came");
  PrivateGradients gradients(defense, stage);
  std::vector<Literal> initial;
  for (const Parameter& parameter : problem.model->parameters) initial.push_back(parameter.initial);
  const Vectors sent = problem.observed.kind == UpdateKind::gradient ? gradients.at(initial, 0)
                                                                     : trained(gradients, problem);
  for (std::size_t k = 0; k < sent.size(); ++k)
    stage.update.tensors[k].second = literal_of(sent[k], stage.update.tensors[k].second.type());
  stage.report.words = gradients.words();
  const bool one_step = problem.observed.kind == UpdateKind::gradient;
  account(defense, one_step ? 1 : problem.training.steps, stage.report);
}

}  // namespace palimpsest::inversion
