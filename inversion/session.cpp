#include "inversion/session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "inversion/generator.h"
#include "inversion/parallel_search.h"
#include "inversion/pixels.h"
#include "inversion/restarts.h"
#include "inversion/restarts_at_once.h"
#include "inversion/start.h"
#include "inversion/turns_search.h"
#include "inversion/variables.h"

namespace palimpsest::inversion {
namespace {

void check_settings(const AttackSpec& spec, const Resources& resources) {
  if (!resources.kernels) throw InputError("attack: a kernel table is missing");
  if (resources.restarts_at_once < 0)
    throw InputError(text("attack: restarts at once: 0 or more expected, ",
                          resources.restarts_at_once, " came"));
  if (spec.group.form != GroupForm::none && spec.restarts < 2)
    throw InputError(text("attack: a group of at least two seeds (restarts) expected, ",
                          spec.restarts, " came"));
  if (spec.group.form == GroupForm::none && spec.objective.group_consistency != 0)
    throw InputError("attack: group consistency needs a form of the group");
  if (spec.group.period < 1)
    throw InputError(
        text("attack: a group's period of at least 1 expected, ", spec.group.period, " came"));
  if (spec.surrogate.use && spec.rate == 0)
    throw InputError("attack: a rate above 0 expected beside a surrogate's, 0 came");
  if (spec.iterations < 1 || spec.restarts < 1)
    throw InputError(text("attack: at least one iteration and one restart expected, ",
                          spec.iterations, " and ", spec.restarts, " came"));
}

std::unique_ptr<Search> search_for(const SearchRequest& request) {
  switch (request.spec.optimizer) {
    case ImageOptimizer::adam:
      return adam_search(request);
    case ImageOptimizer::lbfgs:
      return lbfgs_search(request);
    case ImageOptimizer::cma_es:
    case ImageOptimizer::turbo:
      return population_search(request);
  }
  throw std::logic_error("attack: no such optimiser");
}

/// The lanes of one program; where it is to serve more than it runs at once, by turns.
std::unique_ptr<Search> search_of(SearchRequest request, std::int64_t lanes_at_once) {
  if (lanes_at_once >= request.lanes) return search_for(request);
  const auto lanes = static_cast<std::size_t>(request.lanes);
  const std::size_t first = std::exchange(request.first_lane, 0);
  request.lanes = 1;
  return turns_search(search_for(request), lanes, first);
}

/// One search for each program, with its share of the resources.
std::unique_ptr<Search> arranged_search(const SearchRequest& request,
                                        const Arrangement& arrangement) {
  const auto programs = static_cast<std::size_t>(arrangement.programs);
  Resources share = request.resources;
  share.threads = std::max(1, share.threads / static_cast<int>(programs));
  if (share.max_memory > 0)  // 0 would be no limit
    share.max_memory = std::max<std::size_t>(1, share.max_memory / programs);
  std::vector<std::unique_ptr<Search>> searches;
  std::size_t first_lane = 0;
  for (std::size_t i = 0; i < programs; ++i) {
    const std::int64_t lanes = arrangement.lanes(static_cast<std::int64_t>(i));
    searches.push_back(
        search_of({request.problem, request.spec, share, request.targets, lanes, first_lane},
                  arrangement.most_lanes));
    first_lane += static_cast<std::size_t>(lanes);
  }
  return parallel_search(std::move(searches));
}

/// When no number of restarts at once was asked for, so few that they fit into the memory without
/// repeating launches.
std::unique_ptr<Search> fitting_search(const SearchRequest& request) {
  Arrangement arrangement = restarts_at_once(request.problem, request.spec, request.resources);
  while (true) {
    const bool may_shrink = arrangement.restarts > 1 && request.resources.restarts_at_once == 0 &&
                            request.spec.group.form == GroupForm::none;
    try {
      std::unique_ptr<Search> search = arranged_search(request, arrangement);
      if (!may_shrink || search->memory().repeated_launches == 0) return search;
    } catch (const ResourceError&) {
      if (!may_shrink) throw;
    }
    arrangement.restarts = (arrangement.restarts + 1) / 2;
    arrangement.programs = std::min(arrangement.programs, arrangement.restarts);
  }
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

}  // namespace

struct Session::State {
  Problem problem;
  AttackSpec spec;
  const runtime::KernelTable& kernels;
  KnownTargets known;
  std::unique_ptr<Search> search;
  Restarts restarts;

  State(const Problem& given, const AttackSpec& wanted, const Resources& resources)
      : problem(attacked(given, wanted)),
        spec(wanted),
        kernels(*resources.kernels),
        known(known_targets(given, wanted)),
        search(fitting_search({problem, spec, resources, known.rows})),
        restarts(spec.restarts, search->lanes()) {
    for (std::size_t lane = 0; lane < restarts.lanes(); ++lane) begin(lane);
    agree();
  }

  void begin(std::size_t lane);
  void end(std::size_t lane, RestartOutcome outcome, std::string failure);
  void end_if_over(std::size_t lane, const StepResult& result);
  /// The seeds of a group that still run are told what they agree on, when that is due.
  void agree();
  StepNumbers numbers(const Restarts::Lane& lane) const;
  std::vector<std::optional<StepNumbers>> numbers() const;
  Progress progress(std::size_t lane, const StepNumbers& numbers, const StepResult& result) const;
  /// The best of all restarts, the running ones included.
  Restarts::Best best_so_far();
};

/// A lane that rests holds the start of the first restart, so that what it computes is harmless.
void Session::State::begin(std::size_t lane) {
  restarts.begin(lane);
  search->start(lane, start_variables(problem, spec, restarts.lane(lane).restart.value_or(0)));
}

void Session::State::end(std::size_t lane, RestartOutcome outcome, std::string failure) {
  for (const std::size_t ended :
       restarts.end(lane, outcome, std::move(failure), search->best(lane)))
    begin(ended);
}

void Session::State::end_if_over(std::size_t lane, const StepResult& result) {
  if (!result.failure.empty())
    end(lane, RestartOutcome::failed, result.failure);
  else if (search->best_total(lane) < spec.target)
    end(lane, RestartOutcome::reached_target, {});
  else if (restarts.lane(lane).iteration == spec.iterations || result.converged)
    end(lane, RestartOutcome::finished, {});
}

void Session::State::agree() {
  std::vector<std::size_t> lanes;
  for (std::size_t lane = 0; lane < restarts.lanes(); ++lane)
    if (restarts.lane(lane).restart) lanes.push_back(lane);
  // The seeds of a group are all in the same iteration.
  if (lanes.empty() || !is_consensus_due(spec.group, restarts.lane(lanes.front()).iteration))
    return;
  std::vector<Literal> images;
  for (const std::size_t lane : lanes) images.push_back(search->current(lane));
  const Literal agreed = consensus(problem, spec.group.form, images).images;
  for (const std::size_t lane : lanes) search->agree(lane, agreed);
}

StepNumbers Session::State::numbers(const Restarts::Lane& lane) const {
  const bool adam = spec.optimizer == ImageOptimizer::adam;
  const std::int64_t iteration = lane.iteration;
  const double done = static_cast<double>(iteration) / static_cast<double>(spec.iterations);
  const double rate =
      adam ? spec.rate * optimizers::rate_factor(spec.schedule, iteration, spec.iterations)
           : spec.lbfgs.rate;
  StepNumbers numbers{iteration + 1, rate, 1 - done, *lane.restart};
  if (spec.space == Space::latent_then_weights) {
    const bool latent = done < spec.weights.latent_share;
    if (!latent) numbers.rate = 0;
    numbers.weights_rate = latent ? 0 : spec.weights.rate;
  }
  numbers.group_weight = iteration >= spec.group.start ? 1 : 0;
  if (!spec.view.is_plain())
    numbers.view =
        view_at(problem, spec.view, spec.seed, *lane.restart, iteration, spec.iterations);
  return numbers;
}

std::vector<std::optional<StepNumbers>> Session::State::numbers() const {
  std::vector<std::optional<StepNumbers>> all(restarts.lanes());
  for (std::size_t lane = 0; lane < all.size(); ++lane)
    if (restarts.lane(lane).restart) all[lane] = numbers(restarts.lane(lane));
  return all;
}

Progress Session::State::progress(std::size_t lane, const StepNumbers& numbers,
                                  const StepResult& result) const {
  Progress progress;
  progress.restart = *restarts.lane(lane).restart;
  progress.restarts = spec.restarts;
  progress.iteration = numbers.step;
  progress.iterations = spec.iterations;
  progress.rate = numbers.rate;
  progress.best = search->best_total(lane);
  progress.failure = result.failure;
  progress.objective =
      result.failure.empty() ? result.terms.total : std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::string_view> names = term_names(spec.objective);
  for (std::size_t k = 0; k < result.terms.parts.size(); ++k)
    progress.terms.emplace_back(names[k], result.terms.parts[k]);
  return progress;
}

Restarts::Best Session::State::best_so_far() {
  Restarts::Best best = restarts.best();
  for (std::size_t lane = 0; lane < restarts.lanes(); ++lane)
    if (const auto restart = restarts.lane(lane).restart;
        restart && search->best_total(lane) <= best.candidate.total)
      Restarts::keep_better(best, search->best(lane), *restart);
  return best;
}

Session::Session(const Problem& problem, const AttackSpec& spec, const Resources& resources) {
  check(problem);
  if (spec.space != Space::pixels) check_generator(problem);
  check_settings(spec, resources);
  state_ = std::make_unique<State>(problem, spec, resources);
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const runtime::MemoryReport& Session::memory() const { return state_->search->memory(); }
std::vector<runtime::StepInfo> Session::steps() const { return state_->search->program().steps(); }
void Session::profile(runtime::Profile* into) { state_->search->program().profile(into); }
bool Session::done() const { return state_->restarts.done(); }
std::int64_t Session::restarts_at_once() const {
  return static_cast<std::int64_t>(state_->restarts.lanes());
}
std::int64_t Session::iterations_done() const {
  return state_->restarts.steps_done(state_->spec.iterations);
}

std::vector<Progress> Session::step() {
  if (done()) throw std::logic_error("session: a step after the last one");
  State& state = *state_;
  const std::vector<std::optional<StepNumbers>> numbers = state.numbers();
  const std::vector<StepResult> results = state.search->step(numbers);
  std::vector<Progress> progress;
  for (std::size_t lane = 0; lane < numbers.size(); ++lane)
    if (numbers[lane]) progress.push_back(state.progress(lane, *numbers[lane], results[lane]));
  for (std::size_t lane = 0; lane < numbers.size(); ++lane)
    if (numbers[lane] && results[lane].failure.empty()) state.restarts.count_step(lane);
  // The end of one restart may send other lanes to rest.
  for (std::size_t lane = 0; lane < numbers.size(); ++lane)
    if (state.restarts.lane(lane).restart) state.end_if_over(lane, results[lane]);
  state.agree();
  return progress;
}

std::vector<NamedTensor> Session::state() const {
  std::vector<NamedTensor> saved = state_->restarts.state();
  for (NamedTensor& tensor : state_->search->state()) saved.push_back(std::move(tensor));
  return saved;
}

void Session::restore(const std::vector<NamedTensor>& saved) {
  std::vector<TensorType> like;
  for (const Literal& variable : start_variables(state_->problem, state_->spec, 0))
    like.push_back(variable.type());
  state_->restarts.restore(saved, like);
  state_->search->restore(saved);
}

Reconstruction Session::result() const {
  const auto [best, restart] = state_->best_so_far();
  const std::vector<RestartReport>& reports = state_->restarts.reports();
  if (!std::isfinite(best.total)) {
    if (reports.front().outcome == RestartOutcome::pending)
      throw InputError("session: no step was made yet");
    throw NumericError(
        text("attack: every restart failed; the first one: ", reports.front().failure));
  }
  Reconstruction result;
  result.raw =
      pixels_of(state_->problem, images_of_variables(state_->problem, state_->spec, best.variables,
                                                     state_->known.rows, state_->kernels));
  result.images = clamped(result.raw);
  if (state_->spec.space != Space::pixels) result.latent = best.variables[0];
  result.targets = state_->known.rows ? *state_->known.rows
                                      : searched_targets(state_->problem.loss, best.variables[1]);
  result.labels = state_->problem.loss.kind == LossKind::cross_entropy
                      ? classes_of(result.targets)
                      : Literal::of<std::int64_t>({0}, std::vector<std::int64_t>{});
  result.recovered = state_->known.recovered;
  result.objective = best.total;
  result.best_restart = restart;
  result.restarts = reports;
  return result;
}

std::int64_t saved_restarts_at_once(const std::vector<NamedTensor>& state) {
  return stored(state, "lanes", {DType::i64, {}}).integers().front();
}

Reconstruction run(Session& session, const std::function<void(const Progress&)>& progress,
                   const std::stop_token& stop) {
  while (!session.done() && !stop.stop_requested()) {
    for (const Progress& step : session.step())
      if (progress) progress(step);
  }
  return session.result();
}

}  // namespace palimpsest::inversion
