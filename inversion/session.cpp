#include "inversion/session.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "inversion/pixels.h"
#include "inversion/search.h"
#include "inversion/start.h"

namespace palimpsest::inversion {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_settings(const AttackSpec& spec, const Resources& resources) {
  if (!resources.kernels) throw InputError("attack: a kernel table is missing");
  if (spec.iterations < 1 || spec.restarts < 1)
    throw InputError(text("attack: at least one iteration and one restart expected, ",
                          spec.iterations, " and ", spec.restarts, " came"));
}

std::unique_ptr<Search> search_for(const SearchRequest& request) {
  return request.spec.optimizer == ImageOptimizer::adam ? adam_search(request)
                                                        : lbfgs_search(request);
}

/// The class of largest target, [N, ...] without the class axis.
Literal classes_of(const Literal& targets) {
  const Shape& shape = targets.shape();
  const std::int64_t classes = shape[1], inner = shape.elements() / (shape[0] * classes);
  const std::vector<double> values = targets.doubles();
  std::vector<std::int64_t> labels;
  for (std::int64_t n = 0; n < shape[0]; ++n)
    for (std::int64_t i = 0; i < inner; ++i) {
      const auto at = [&](std::int64_t c) {
        return values[static_cast<std::size_t>((n * classes + c) * inner + i)];
      };
      std::int64_t best = 0;
      for (std::int64_t c = 1; c < classes; ++c)
        if (at(c) > at(best)) best = c;
      labels.push_back(best);
    }
  std::vector<std::int64_t> extents{shape[0]};
  extents.insert(extents.end(), shape.begin() + 2, shape.end());
  return Literal::of<std::int64_t>(Shape(extents), labels);
}

/// What a session writes down of one restart: outcome, objective, iterations.
Literal row_of(const RestartReport& report) {
  return Literal::of<double>({3}, {static_cast<double>(report.outcome), report.objective,
                                   static_cast<double>(report.iterations)});
}

RestartReport report_of(const Literal& row) {
  const std::span<const double> values = row.values<double>();
  return {static_cast<RestartOutcome>(static_cast<int>(values[0])),
          values[1],
          static_cast<std::int64_t>(values[2]),
          {}};
}

}  // namespace

struct Session::State {
  Problem problem;
  AttackSpec spec;
  KnownTargets known;
  std::unique_ptr<Search> search;

  std::int64_t restart = 0;
  std::int64_t iteration = 0;
  std::vector<RestartReport> reports;
  BestCandidate best{infinity, {}};  ///< of the restarts that have ended
  std::int64_t best_restart = 0;

  State(const Problem& given, const AttackSpec& wanted, const Resources& resources)
      : problem(given),
        spec(wanted),
        known(known_targets(given, wanted)),
        search(search_for({problem, spec, resources, known.rows})),
        reports(static_cast<std::size_t>(wanted.restarts)) {
    for (RestartReport& report : reports) report.objective = infinity;
    begin_restart();
  }

  void begin_restart();
  void end_restart(RestartOutcome outcome, std::string failure);
  StepNumbers numbers() const;
  Progress progress(const StepNumbers& numbers) const;
  RestartReport& report() { return reports[static_cast<std::size_t>(restart)]; }
  /// The best of all restarts, the running one included.
  std::pair<BestCandidate, std::int64_t> best_so_far();
};

void Session::State::begin_restart() {
  iteration = 0;
  if (restart < spec.restarts) search->start(start_variables(problem, spec, restart));
}

void Session::State::end_restart(RestartOutcome outcome, std::string failure) {
  BestCandidate found = search->best();
  report() = {outcome, found.total, iteration, std::move(failure)};
  if (found.total < best.total) {
    best = std::move(found);
    best_restart = restart;
  }
  restart = outcome == RestartOutcome::reached_target ? spec.restarts : restart + 1;
  begin_restart();
}

StepNumbers Session::State::numbers() const {
  const bool adam = spec.optimizer == ImageOptimizer::adam;
  const double done = static_cast<double>(iteration) / static_cast<double>(spec.iterations);
  const double rate =
      adam ? spec.rate * optimizers::rate_factor(spec.schedule, iteration, spec.iterations)
           : spec.lbfgs.rate;
  return {iteration + 1, rate, 1 - done};
}

Progress Session::State::progress(const StepNumbers& numbers) const {
  Progress progress;
  progress.restart = restart;
  progress.restarts = spec.restarts;
  progress.iteration = numbers.step;
  progress.iterations = spec.iterations;
  progress.rate = numbers.rate;
  return progress;
}

std::pair<BestCandidate, std::int64_t> Session::State::best_so_far() {
  if (restart < spec.restarts && iteration > 0)
    if (BestCandidate current = search->best(); current.total < best.total)
      return {std::move(current), restart};
  return {best, best_restart};
}

Session::Session(const Problem& problem, const AttackSpec& spec, const Resources& resources) {
  check(problem);
  check_settings(spec, resources);
  state_ = std::make_unique<State>(problem, spec, resources);
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const runtime::MemoryReport& Session::memory() const { return state_->search->program().memory(); }
std::vector<runtime::StepInfo> Session::steps() const { return state_->search->program().steps(); }
void Session::profile(runtime::Profile* into) { state_->search->program().profile(into); }
bool Session::done() const { return state_->restart >= state_->spec.restarts; }

Progress Session::step() {
  if (done()) throw std::logic_error("session: a step after the last one");
  State& state = *state_;
  const StepNumbers numbers = state.numbers();
  Progress progress = state.progress(numbers);
  try {
    const Terms terms = state.search->step(numbers);
    ++state.iteration;
    progress.objective = terms.total;
    progress.matching = terms.matching;
    progress.total_variation = terms.total_variation;
    progress.image_norm = terms.image_norm;
  } catch (const NumericError& error) {
    progress.objective = std::numeric_limits<double>::quiet_NaN();
    progress.failure = error.what();
  }
  progress.best = state.search->best_total();
  if (!progress.failure.empty())
    state.end_restart(RestartOutcome::failed, progress.failure);
  else if (progress.best < state.spec.target)
    state.end_restart(RestartOutcome::reached_target, {});
  else if (state.iteration == state.spec.iterations)
    state.end_restart(RestartOutcome::finished, {});
  return progress;
}

std::vector<NamedTensor> Session::state() const {
  std::vector<NamedTensor> saved{{"restart", Literal::scalar(state_->restart)},
                                 {"iteration", Literal::scalar(state_->iteration)},
                                 {"best.restart", Literal::scalar(state_->best_restart)},
                                 {"best.total", Literal::scalar(state_->best.total)}};
  for (std::size_t i = 0; i < state_->reports.size(); ++i)
    saved.emplace_back(text("report.", i), row_of(state_->reports[i]));
  for (std::size_t k = 0; k < state_->best.variables.size(); ++k)
    saved.emplace_back(text("best.variable.", k), state_->best.variables[k]);
  for (NamedTensor& tensor : state_->search->state()) saved.push_back(std::move(tensor));
  return saved;
}

void Session::restore(const std::vector<NamedTensor>& saved) {
  const TensorType integer{DType::i64, {}}, number{DType::f64, {}};
  State& state = *state_;
  state.restart = stored(saved, "restart", integer).integers().front();
  state.iteration = stored(saved, "iteration", integer).integers().front();
  state.best_restart = stored(saved, "best.restart", integer).integers().front();
  state.best = {stored(saved, "best.total", number).doubles().front(), {}};
  for (std::size_t i = 0; i < state.reports.size(); ++i)
    state.reports[i] = report_of(stored(saved, text("report.", i), {DType::f64, {3}}));
  if (std::isfinite(state.best.total)) {
    const std::vector<Literal> like = start_variables(state.problem, state.spec, 0);
    for (std::size_t k = 0; k < like.size(); ++k)
      state.best.variables.push_back(stored(saved, text("best.variable.", k), like[k].type()));
  }
  state.search->restore(saved);
}

Reconstruction Session::result() const {
  const auto [best, restart] = state_->best_so_far();
  if (best.variables.empty()) {
    if (state_->restart == 0) throw InputError("session: no step was made yet");
    throw NumericError(
        text("attack: every restart failed; the first one: ", state_->reports.front().failure));
  }
  Reconstruction result;
  result.raw = pixels_of(state_->problem, best.variables[0]);
  result.images = clamped(result.raw);
  result.targets = state_->known.rows ? *state_->known.rows
                                      : searched_targets(state_->problem.loss, best.variables[1]);
  result.labels = state_->problem.loss.kind == LossKind::cross_entropy
                      ? classes_of(result.targets)
                      : Literal::of<std::int64_t>({0}, std::vector<std::int64_t>{});
  result.recovered = state_->known.recovered;
  result.objective = best.total;
  result.best_restart = restart;
  result.restarts = state_->reports;
  return result;
}

Reconstruction run(Session& session, const std::function<void(const Progress&)>& progress,
                   const std::stop_token& stop) {
  while (!session.done() && !stop.stop_requested()) {
    const Progress step = session.step();
    if (progress) progress(step);
  }
  return session.result();
}

}  // namespace palimpsest::inversion
