#include "optimizers/cma_es.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "graph/error.h"

namespace palimpsest::optimizers {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t stream = 0xC3A;  // apart from the streams of starts, which are small

Eigen::Index population_of(const CmaEsSettings& settings, Eigen::Index dimension) {
  if (dimension < 1) throw InputError("CMA-ES: a start of at least one coordinate expected");
  if (settings.population == 0) return default_population(dimension);
  if (settings.population < 2)
    throw InputError(
        text("CMA-ES: a population of at least 2 expected, ", settings.population, " came"));
  return settings.population;
}

/// One coordinate of the map that keeps candidates in the box (CmaEsSettings::box).
struct Fold {
  double lower, upper;
  double margin = (upper - lower) / 20;

  /// Reflected into [lower - margin, upper + margin], then squeezed: a parabola takes the 2 margins
  /// around a side to the one inside, with slope 0 at its outer and 1 at its inner end.
  double operator()(double u) const {
    if (u >= lower + margin && u <= upper - margin) return u;
    const double from = lower - margin, width = upper - lower + 2 * margin;
    const double phase = std::fmod(std::abs(u - from), 2 * width);
    const double x = from + std::min(phase, 2 * width - phase);
    if (x < lower + margin) return lower + squeezed(x - from);
    if (x > upper - margin) return upper - squeezed(upper + margin - x);
    return x;
  }
  /// The u in [lower - margin, upper + margin] of an x in the box.
  double inverse(double x) const {
    if (x < lower + margin) return lower - margin + std::sqrt(4 * margin * (x - lower));
    if (x > upper - margin) return upper + margin - std::sqrt(4 * margin * (upper - x));
    return x;
  }

 private:
  double squeezed(double depth) const { return depth * depth / (4 * margin); }
};

bool contains(const Box& box, const Eigen::VectorXd& x) {
  return (x.array() >= box.lower.array()).all() && (x.array() <= box.upper.array()).all();
}

/// Rows of `values`, best first; those that are not finite last; equals in order.
std::vector<Eigen::Index> ranking(std::span<const double> values) {
  const auto key = [&](Eigen::Index i) {
    const double value = values[static_cast<std::size_t>(i)];
    return std::isfinite(value) ? value : infinity;
  };
  std::vector<Eigen::Index> order(values.size());
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index a, Eigen::Index b) { return key(a) < key(b); });
  return order;
}

bool is_finite(const Eigen::MatrixXd& a) { return a.allFinite(); }

/// Eigenvectors and square roots of eigenvalues of `covariance`, which becomes exactly symmetric.
void decompose(Eigen::MatrixXd& covariance, Eigen::MatrixXd& basis, Eigen::VectorXd& lengths) {
  covariance = (0.5 * (covariance + covariance.transpose())).eval();
  if (!is_finite(covariance)) throw NumericError("CMA-ES: the covariance is not finite");
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  if (solver.info() != Eigen::Success || solver.eigenvalues().minCoeff() <= 0)
    throw NumericError(text("CMA-ES: a positive definite covariance expected, eigenvalues from ",
                            solver.eigenvalues().minCoeff(), " to ",
                            solver.eigenvalues().maxCoeff(), " came"));
  basis = solver.eigenvectors();
  lengths = solver.eigenvalues().cwiseSqrt();
}

}  // namespace

CmaEs::CmaEs(Eigen::VectorXd start, double step_size, CmaEsSettings settings)
    : settings_(std::move(settings)),
      first_step_size_(step_size),
      dimension_(start.size()),
      population_(population_of(settings_, dimension_)),
      constants_(cma_es_constants(dimension_, population_, settings_.active)) {
  if (!start.allFinite()) throw InputError("CMA-ES: a finite start expected");
  if (!(step_size > 0) || !std::isfinite(step_size))
    throw InputError(text("CMA-ES: a positive step size expected, ", step_size, " came"));
  if (settings_.box) check_box("CMA-ES", *settings_.box, dimension_);
  if (settings_.box && !contains(*settings_.box, start))
    throw InputError("CMA-ES: a start inside the box expected");
  state_.sigma = step_size;
  state_.path_sigma = state_.path_c = Eigen::VectorXd::Zero(dimension_);
  state_.covariance = state_.basis = Eigen::MatrixXd::Identity(dimension_, dimension_);
  state_.lengths = Eigen::VectorXd::Ones(dimension_);
  state_.best_value = infinity;
  state_.mean = start;
  for (Eigen::Index i = 0; settings_.box && i < dimension_; ++i)
    state_.mean[i] = Fold{settings_.box->lower[i], settings_.box->upper[i]}.inverse(start[i]);
  state_.best = std::move(start);
}

Eigen::VectorXd CmaEs::inside(const Eigen::VectorXd& x) const {
  if (!settings_.box) return x;
  Eigen::VectorXd y(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i)
    y[i] = Fold{settings_.box->lower[i], settings_.box->upper[i]}(x[i]);
  return y;
}

/// y_k = B D z_k of this generation, one a column (eq. 39).
Eigen::MatrixXd CmaEs::steps() const {
  Eigen::MatrixXd z(dimension_, population_);
  draw_normal({z.data(), static_cast<std::size_t>(z.size())}, settings_.seed, stream,
              static_cast<std::uint64_t>(state_.generation));
  return state_.basis * (state_.lengths.asDiagonal() * z);
}

Points CmaEs::ask() const {
  const Eigen::MatrixXd y = steps();
  Points points(population_, dimension_);
  for (Eigen::Index k = 0; k < population_; ++k)
    points.row(k) = inside(state_.mean + state_.sigma * y.col(k)).transpose();
  return points;
}

/// Equations 41 to 47 of the tutorial; the comments give its names.
void CmaEs::move(State& next, const Eigen::MatrixXd& steps,
                 std::span<const Eigen::Index> ranked) const {
  const CmaEsConstants& c = constants_;
  Eigen::MatrixXd y(dimension_, population_);
  for (Eigen::Index k = 0; k < population_; ++k)
    y.col(k) = steps.col(ranked[static_cast<std::size_t>(k)]);
  const Eigen::VectorXd mean_step = y.leftCols(c.parents) * c.weights.head(c.parents);
  const auto whitened = [&](const Eigen::MatrixXd& a) -> Eigen::MatrixXd {
    return state_.lengths.cwiseInverse().asDiagonal() * (state_.basis.transpose() * a);
  };

  next.mean += state_.sigma * mean_step;
  // p_sigma. C^(-1/2) <y> = B D^-1 B' <y>.
  next.path_sigma *= 1 - c.c_sigma;
  next.path_sigma += std::sqrt(c.c_sigma * (2 - c.c_sigma) * c.mu_effective) *
                     (state_.basis * whitened(mean_step));
  const double norm = next.path_sigma.norm();
  next.sigma *= std::exp(std::min(1.0, c.c_sigma / c.d_sigma * (norm / c.expected_norm - 1)));
  // h_sigma: whether the path is short enough for p_c to go on.
  const double memory = 1 - std::pow(1 - c.c_sigma, 2 * static_cast<double>(next.generation));
  const double bound = (1.4 + 2 / (static_cast<double>(dimension_) + 1)) * c.expected_norm;
  const bool goes_on = norm / std::sqrt(memory) < bound;
  next.path_c *= 1 - c.c_c;
  if (goes_on) next.path_c += std::sqrt(c.c_c * (2 - c.c_c) * c.mu_effective) * mean_step;
  // w°: negative weights are scaled so that C stays positive definite (eq. 46).
  Eigen::VectorXd weights = c.weights;
  if (settings_.active) {
    const Eigen::VectorXd lengths = whitened(y).colwise().squaredNorm();
    for (Eigen::Index k = 0; k < population_; ++k)
      if (weights[k] < 0) weights[k] *= static_cast<double>(dimension_) / lengths[k];
  }
  const double lost = goes_on ? 0 : c.c_1 * c.c_c * (2 - c.c_c);
  next.covariance *= 1 + lost - c.c_1 - c.c_mu * c.weights.sum();
  next.covariance += c.c_1 * next.path_c * next.path_c.transpose();
  next.covariance += c.c_mu * (y * weights.asDiagonal()) * y.transpose();
}

void CmaEs::remember(State& next, std::span<const double> values, Eigen::Index best,
                     const Eigen::MatrixXd& steps) const {
  const double least = values[static_cast<std::size_t>(best)];
  double most = least;
  for (const double value : values)
    if (std::isfinite(value)) most = std::max(most, value);
  next.spread_of_values = most - least;
  next.history.push_back(least);
  if (next.history.size() > history_length()) next.history.erase(next.history.begin());
  if (least >= next.best_value) return;
  next.best_value = least;
  next.best = inside(state_.mean + state_.sigma * steps.col(best));
}

void CmaEs::tell(std::span<const double> values) {
  if (std::cmp_not_equal(values.size(), population_))
    throw InputError(text("CMA-ES: ", population_, " values expected, ", values.size(), " came"));
  const std::vector<Eigen::Index> ranked = ranking(values);
  if (!std::isfinite(values[static_cast<std::size_t>(ranked.front())]))
    throw NumericError(text("CMA-ES: none of the ", population_, " values of generation ",
                            state_.generation, " is finite"));
  const Eigen::MatrixXd y = steps();
  State next = state_;
  ++next.generation;
  move(next, y, ranked);
  remember(next, values, ranked.front(), y);
  if (next.generation - next.decomposed >= constants_.generations_per_decomposition) {
    decompose(next.covariance, next.basis, next.lengths);
    next.decomposed = next.generation;
  }
  if (!next.mean.allFinite() || !std::isfinite(next.sigma) || next.sigma <= 0)
    throw NumericError(text("CMA-ES: the mean or the step size ", next.sigma, " left the numbers"));
  state_ = std::move(next);
}

std::size_t CmaEs::history_length() const {
  return 10 + static_cast<std::size_t>((30 * dimension_ + population_ - 1) / population_);
}

bool CmaEs::has_no_effect() const {
  const Eigen::Index axis = state_.generation % dimension_;
  const Eigen::VectorXd along = 0.1 * state_.sigma * state_.lengths[axis] * state_.basis.col(axis);
  if (state_.mean + along == state_.mean) return true;
  const Eigen::VectorXd each = 0.2 * state_.sigma * state_.covariance.diagonal().cwiseSqrt();
  return ((state_.mean + each).array() == state_.mean.array()).any();
}

std::optional<CmaEsStop> CmaEs::stopped() const {
  if (state_.generation == 0) return {};
  const double longest = state_.lengths.maxCoeff(), shortest = state_.lengths.minCoeff();
  const double least_spread = settings_.tolerance_x * first_step_size_;
  const double spread = std::max(state_.covariance.diagonal().cwiseSqrt().maxCoeff(),
                                 state_.path_c.cwiseAbs().maxCoeff());
  if (state_.sigma * spread < least_spread) return CmaEsStop::spread;
  if (state_.history.size() == history_length()) {
    const auto [least, most] = std::minmax_element(state_.history.begin(), state_.history.end());
    if (std::max(*most - *least, state_.spread_of_values) < settings_.tolerance_value)
      return CmaEsStop::values;
  }
  if (std::pow(longest / shortest, 2) > settings_.largest_condition) return CmaEsStop::condition;
  if (state_.sigma * longest > settings_.largest_growth * first_step_size_)
    return CmaEsStop::growth;
  if (has_no_effect()) return CmaEsStop::no_effect_axis;
  return {};
}

NamedLiterals CmaEs::state() const {
  return {{"generation", Literal::scalar(state_.generation)},
          {"decomposed", Literal::scalar(state_.decomposed)},
          {"sigma", Literal::scalar(state_.sigma)},
          {"mean", stored(state_.mean)},
          {"path_sigma", stored(state_.path_sigma)},
          {"path_c", stored(state_.path_c)},
          {"covariance", stored(Points(state_.covariance))},
          {"basis", stored(Points(state_.basis))},
          {"lengths", stored(state_.lengths)},
          {"best", stored(state_.best)},
          {"best_value", Literal::scalar(state_.best_value)},
          {"history", stored(std::span<const double>(state_.history))},
          {"spread_of_values", Literal::scalar(state_.spread_of_values)}};
}

void CmaEs::restore(const NamedLiterals& state) {
  const StateReader reader("CMA-ES", state);
  const Eigen::Index n = dimension_;
  State next;
  next.generation = reader.integer("generation");
  next.decomposed = reader.integer("decomposed");
  next.sigma = reader.number("sigma");
  next.mean = reader.vector("mean", n);
  next.path_sigma = reader.vector("path_sigma", n);
  next.path_c = reader.vector("path_c", n);
  next.covariance = reader.matrix("covariance", n, n);
  next.basis = reader.matrix("basis", n, n);
  next.lengths = reader.vector("lengths", n);
  next.best = reader.vector("best", n);
  next.best_value = reader.number("best_value");
  next.history = reader.list("history");
  next.spread_of_values = reader.number("spread_of_values");
  if (next.generation < 0 || next.decomposed < 0 || next.decomposed > next.generation ||
      !(next.sigma > 0) || !(next.lengths.minCoeff() > 0) || !next.mean.allFinite() ||
      !is_finite(next.covariance) || !is_finite(next.basis) ||
      next.history.size() > history_length())
    throw InputError(text("CMA-ES state: a finite distribution expected, generation ",
                          next.generation, " with step size ", next.sigma, " came"));
  state_ = std::move(next);
}

}  // namespace palimpsest::optimizers
