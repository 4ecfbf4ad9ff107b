#include "optimizers/turbo.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "optimizers/sobol.h"

namespace palimpsest::optimizers {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t opening_stream = 0x7B2, sample_stream = 0x7B3;

TurboSettings checked(TurboSettings s, Eigen::Index n) {
  if (s.initial == 0) s.initial = 2 * n;
  if (s.candidates == 0) s.candidates = std::min<Eigen::Index>(100 * n, 5000);
  if (s.failures == 0 && s.batch > 0) s.failures = default_failures(n, s.batch);
  if (s.batch < 1 || s.initial < 1 || s.candidates < s.batch)
    throw InputError(text("TuRBO: at least one point a batch and one to begin with, and as many ",
                          "candidates as a batch has points expected; ", s.batch, ", ", s.initial,
                          " and ", s.candidates, " came"));
  if (!(s.least_length > 0) || !(s.least_length <= s.first_length) ||
      !(s.first_length <= s.most_length) || s.successes < 1 || s.failures < 1)
    throw InputError(text("TuRBO: lengths 0 < least <= first <= most and tolerances of at least 1 ",
                          "expected; ", s.least_length, ", ", s.first_length, ", ", s.most_length,
                          ", ", s.successes, " and ", s.failures, " came"));
  if (s.first_fit_steps < 0 || s.later_fit_steps < 0)
    throw InputError("TuRBO: steps of a fit must not be negative");
  return s;
}

/// Mean 0 and variance 1; constant values become 0.
Eigen::VectorXd standardized(std::span<const double> values) {
  const Eigen::Map<const Eigen::VectorXd> y(values.data(),
                                            static_cast<Eigen::Index>(values.size()));
  const Eigen::VectorXd centered = y.array() - y.mean();
  const double deviation = std::sqrt(centered.squaredNorm() / static_cast<double>(y.size()));
  return deviation > 0 ? Eigen::VectorXd(centered / deviation)
                       : Eigen::VectorXd::Zero(centered.size());
}

Eigen::Index least(std::span<const double> values) {
  return std::min_element(values.begin(), values.end()) - values.begin();
}

/// The rows where each of `count` drawn functions is least, all different. [count]
std::vector<Eigen::Index> minima_of_samples(const Posterior& posterior, Eigen::Index count,
                                            std::uint64_t seed, std::uint64_t step) {
  const Eigen::Index points = posterior.mean.size();
  Eigen::MatrixXd normal(points, count);
  draw_normal({normal.data(), static_cast<std::size_t>(normal.size())}, seed, sample_stream, step);
  Eigen::MatrixXd samples = safe_cholesky(posterior.covariance).matrixL() * normal;
  samples.colwise() += posterior.mean;
  std::vector<Eigen::Index> rows;
  for (Eigen::Index k = 0; k < count; ++k) {
    Eigen::Index row = 0;
    samples.col(k).minCoeff(&row);
    samples.row(row).setConstant(infinity);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Turbo::Turbo(Box box, TurboSettings settings) : box_(std::move(box)) {
  if (dimension() < 1) throw InputError("TuRBO: a box of at least one coordinate expected");
  check_box("TuRBO", box_, dimension());
  settings_ = checked(settings, dimension());
  rules_ = {settings_.first_length, settings_.least_length, settings_.most_length,
            settings_.successes, settings_.failures};
  state_.best = Eigen::VectorXd::Constant(dimension(), 0.5);
  open_region(state_);
}

void Turbo::open_region(State& state) const {
  state.region = {rules_.first_length, 0, 0};
  state.opened = 0;
  state.points.resize(0, dimension());
  state.values.clear();
  state.fitted = false;
  state.kernel = default_kernel(dimension());
}

Points Turbo::placed(const Points& unit) const {
  const Eigen::VectorXd width = box_.upper - box_.lower;
  Points points = unit * width.asDiagonal();
  points.rowwise() += box_.lower.transpose();
  // Rounding must not leave the box.
  for (Eigen::Index d = 0; d < dimension(); ++d)
    points.col(d) = points.col(d).cwiseMax(box_.lower[d]).cwiseMin(box_.upper[d]);
  return points;
}

Points Turbo::ask() {
  if (state_.asked.rows() == 0) state_.asked = is_opening() ? opening_batch() : thompson_batch();
  return placed(state_.asked);
}

Points Turbo::opening_batch() const {
  const Points all = latin_hypercube(settings_.initial, dimension(), settings_.seed, opening_stream,
                                     static_cast<std::uint64_t>(state_.restarts));
  const Eigen::Index rest = settings_.initial - state_.opened;
  return all.middleRows(state_.opened, std::min(rest, settings_.batch));
}

/// Section 2 of the paper: every point of the batch minimises another sample of the posterior over
/// the candidates of the region around the best point.
Points Turbo::thompson_batch() {
  const Eigen::VectorXd values = standardized(state_.values);
  state_.kernel = fitted_kernel(
      state_.kernel, state_.points, values,
      state_.fitted ? settings_.later_fit_steps : settings_.first_fit_steps, settings_.ranges);
  state_.fitted = true;
  const GaussianProcess model(state_.kernel, state_.points, values);
  const Eigen::VectorXd center = state_.points.row(least(state_.values)).transpose();
  const auto step = static_cast<std::uint64_t>(state_.batches);
  const Points candidates =
      candidates_in(sides_of(state_.region.length, center, state_.kernel.lengths), center,
                    settings_.candidates, settings_.seed, step);
  const std::vector<Eigen::Index> rows =
      minima_of_samples(model.posterior(candidates), settings_.batch, settings_.seed, step);
  Points batch(settings_.batch, dimension());
  for (Eigen::Index k = 0; k < settings_.batch; ++k)
    batch.row(k) = candidates.row(rows[static_cast<std::size_t>(k)]);
  return batch;
}

void Turbo::record(State& next, std::span<const double> values) const {
  double worst = -infinity;
  for (const double value : next.values) worst = std::max(worst, value);
  for (const double value : values)
    if (std::isfinite(value)) worst = std::max(worst, value);
  const Eigen::Index told = next.points.rows();
  next.points.conservativeResize(told + next.asked.rows(), dimension());
  next.points.bottomRows(next.asked.rows()) = next.asked;
  for (std::size_t i = 0; i < values.size(); ++i) {
    next.values.push_back(std::isfinite(values[i]) ? values[i] : worst);
    if (!std::isfinite(values[i]) || values[i] >= next.best_value) continue;
    next.best_value = values[i];
    next.best = next.asked.row(static_cast<Eigen::Index>(i)).transpose();
  }
  next.evaluations += static_cast<std::int64_t>(values.size());
  ++next.batches;
}

void Turbo::tell(std::span<const double> values) {
  if (state_.asked.rows() == 0 || std::cmp_not_equal(values.size(), state_.asked.rows()))
    throw InputError(text("TuRBO: values of the ", state_.asked.rows(), " points asked expected, ",
                          values.size(), " came"));
  if (std::none_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
    throw NumericError(text("TuRBO: none of the ", values.size(), " values is finite"));
  State next = state_;
  record(next, values);
  if (is_opening()) {
    next.opened += next.asked.rows();
  } else {
    const double before = state_.values[static_cast<std::size_t>(least(state_.values))];
    const double after = next.values[static_cast<std::size_t>(least(next.values))];
    next.region = updated(next.region, rules_, improves(after, before));
  }
  next.asked.resize(0, dimension());
  if (next.region.length < rules_.least_length) {
    ++next.restarts;
    open_region(next);
  }
  state_ = std::move(next);
}

NamedLiterals Turbo::state() const {
  return {{"restarts", Literal::scalar(state_.restarts)},
          {"evaluations", Literal::scalar(state_.evaluations)},
          {"batches", Literal::scalar(state_.batches)},
          {"region_length", Literal::scalar(state_.region.length)},
          {"region_successes", Literal::scalar(state_.region.successes)},
          {"region_failures", Literal::scalar(state_.region.failures)},
          {"opened", Literal::scalar(state_.opened)},
          {"points", stored(state_.points)},
          {"values", stored(std::span<const double>(state_.values))},
          {"asked", stored(state_.asked)},
          {"fitted", Literal::scalar(static_cast<std::int64_t>(state_.fitted))},
          {"kernel_lengths", stored(state_.kernel.lengths)},
          {"kernel_scale", Literal::scalar(state_.kernel.scale)},
          {"kernel_noise", Literal::scalar(state_.kernel.noise)},
          {"best", stored(state_.best)},
          {"best_value", Literal::scalar(state_.best_value)}};
}

void Turbo::restore(const NamedLiterals& state) {
  const StateReader reader("TuRBO", state);
  const Eigen::Index n = dimension();
  State next;
  next.restarts = reader.integer("restarts");
  next.evaluations = reader.integer("evaluations");
  next.batches = reader.integer("batches");
  next.region = {reader.number("region_length"), reader.integer("region_successes"),
                 reader.integer("region_failures")};
  next.opened = reader.integer("opened");
  next.points = reader.matrix("points", -1, n);
  next.values = reader.list("values");
  next.asked = reader.matrix("asked", -1, n);
  next.fitted = reader.integer("fitted") != 0;
  next.kernel = {reader.vector("kernel_lengths", n), reader.number("kernel_scale"),
                 reader.number("kernel_noise")};
  next.best = reader.vector("best", n);
  next.best_value = reader.number("best_value");
  if (std::cmp_not_equal(next.values.size(), next.points.rows()) || next.opened < 0 ||
      (next.opened >= settings_.initial && next.values.empty()) ||
      !(next.region.length >= rules_.least_length) || !next.points.allFinite())
    throw InputError(text("TuRBO state: finite points with as many values expected, ",
                          next.points.rows(), " points and ", next.values.size(), " values came"));
  state_ = std::move(next);
}

}  // namespace palimpsest::optimizers
