#include "inversion/restarts.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace palimpsest::inversion {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t resting = -1;  // in a saved state

/// What is written down of one restart: outcome, objective, iterations.
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

RestartReport not_begun() { return {RestartOutcome::pending, infinity, 0, {}}; }

}  // namespace

Restarts::Restarts(std::int64_t restarts, std::size_t lanes)
    : lanes_(lanes),
      reports_(static_cast<std::size_t>(restarts), not_begun()),
      needed_(restarts),
      best_{{infinity, {}}, 0} {}

bool Restarts::done() const {
  return next_ >= needed_ &&
         std::ranges::none_of(lanes_, [](const Lane& lane) { return lane.restart.has_value(); });
}

std::int64_t Restarts::steps_done(std::int64_t iterations) const {
  if (done()) return iterations * static_cast<std::int64_t>(reports_.size());
  std::int64_t steps = iterations * next_;
  for (const Lane& lane : lanes_)
    if (lane.restart) steps -= iterations - lane.iteration;
  return steps;
}

void Restarts::begin(std::size_t lane) {
  lanes_[lane] = {};
  if (next_ < needed_) lanes_[lane].restart = next_++;
}

std::vector<std::size_t> Restarts::end(std::size_t lane, RestartOutcome outcome,
                                       std::string failure, BestCandidate found) {
  const Lane ended = lanes_[lane];
  lanes_[lane] = {};
  reports_[static_cast<std::size_t>(*ended.restart)] = {outcome, found.total, ended.iteration,
                                                        std::move(failure)};
  std::vector<std::size_t> all{lane};
  if (outcome == RestartOutcome::reached_target)
    for (const std::size_t other : drop_after(*ended.restart)) all.push_back(other);
  keep_better(best_, std::move(found), *ended.restart);
  return all;
}

void Restarts::keep_better(Best& best, BestCandidate found, std::int64_t restart) {
  const double total = best.candidate.total;
  if (found.total < total || (found.total == total && restart < best.restart))
    best = {std::move(found), restart};
}

std::vector<std::size_t> Restarts::drop_after(std::int64_t restart) {
  needed_ = restart + 1;
  std::vector<std::size_t> dropped;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
    if (lanes_[lane].restart.value_or(resting) > restart) {
      lanes_[lane] = {};
      dropped.push_back(lane);
    }
  std::fill(reports_.begin() + needed_, reports_.end(), not_begun());
  // Whatever it was, this restart's is below the target and the earlier ones' are not.
  if (best_.restart > restart) best_ = {{infinity, {}}, 0};
  return dropped;
}

std::vector<NamedTensor> Restarts::state() const {
  std::vector<NamedTensor> saved{{"lanes", Literal::scalar(static_cast<std::int64_t>(lanes()))},
                                 {"next", Literal::scalar(next_)},
                                 {"needed", Literal::scalar(needed_)},
                                 {"best.restart", Literal::scalar(best_.restart)},
                                 {"best.total", Literal::scalar(best_.candidate.total)}};
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    saved.emplace_back(lane_name(lane, "restart"),
                       Literal::scalar(lanes_[lane].restart.value_or(resting)));
    saved.emplace_back(lane_name(lane, "iteration"), Literal::scalar(lanes_[lane].iteration));
  }
  for (std::size_t i = 0; i < reports_.size(); ++i)
    saved.emplace_back(text("report.", i), row_of(reports_[i]));
  for (std::size_t k = 0; k < best_.candidate.variables.size(); ++k)
    saved.emplace_back(text("best.variable.", k), best_.candidate.variables[k]);
  return saved;
}

void Restarts::restore(const std::vector<NamedTensor>& saved, const std::vector<TensorType>& like) {
  const auto integer = [&](const std::string& name) {
    return stored(saved, name, {DType::i64, {}}).integers().front();
  };
  if (std::cmp_not_equal(integer("lanes"), lanes()))
    throw InputError(
        text("saved state: of ", integer("lanes"), " restarts at once, ", lanes(), " are set up"));
  next_ = integer("next");
  needed_ = integer("needed");
  best_ = {{stored(saved, "best.total", {DType::f64, {}}).doubles().front(), {}},
           integer("best.restart")};
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    const std::int64_t restart = integer(lane_name(lane, "restart"));
    lanes_[lane] = {};
    if (restart != resting) lanes_[lane].restart = restart;
    lanes_[lane].iteration = integer(lane_name(lane, "iteration"));
  }
  for (std::size_t i = 0; i < reports_.size(); ++i)
    reports_[i] = report_of(stored(saved, text("report.", i), {DType::f64, {3}}));
  if (!std::isfinite(best_.candidate.total)) return;
  for (std::size_t k = 0; k < like.size(); ++k)
    best_.candidate.variables.push_back(stored(saved, text("best.variable.", k), like[k]));
}

}  // namespace palimpsest::inversion
