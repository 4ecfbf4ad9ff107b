#include "inversion/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "inversion/metrics.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

Resources resources() { return {&kernels(), 1, 0, 1}; }

/// One picture of class 2, seen through the gradient of the sigmoid network.
struct OnePicture {
  explicit OnePicture(const NetworkSpec& spec = {}) : model(sigmoid_network(spec)) {
    truth = picture(images_type(model, 1));
    problem = observed_problem(model, {}, truth, labels({2}));
  }
  Model model;
  Literal truth;
  Problem problem;
};

double term(const Progress& progress, std::string_view name) {
  for (const auto& [term, value] : progress.terms)
    if (term == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

double error_of(const Reconstruction& result, const Literal& truth) {
  return mean_squared_error(result.raw, 0, truth, 0);
}

}  // namespace

TEST_CASE("deep leakage finds the picture and its label from one gradient") {
  const OnePicture given;
  AttackSpec spec = dlg();
  spec.iterations = 60;
  Session session(given.problem, spec, resources());
  const Reconstruction result = run(session);
  CHECK(error_of(result, given.truth) < 1e-4);
  CHECK(result.labels.integers() == std::vector<std::int64_t>{2});
}

TEST_CASE("iDLG reads the label off the gradient before it searches the picture") {
  const OnePicture given;
  AttackSpec spec = idlg();
  spec.iterations = 60;
  Session session(given.problem, spec, resources());
  const Reconstruction result = run(session);
  CHECK(result.recovered->rule == LabelRule::idlg);
  CHECK(result.labels.integers() == std::vector<std::int64_t>{2});
  CHECK(error_of(result, given.truth) < 1e-4);
}

TEST_CASE("inverting gradients comes near the picture and stays inside the pixel range") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.iterations = 400;
  spec.restarts = 2;
  Session session(given.problem, spec, resources());
  const double first = session.step().front().objective;
  const Reconstruction result = run(session);
  CHECK(result.objective < first / 10);
  CHECK(psnr(error_of(result, given.truth)) > 20);
  CHECK(result.raw == result.images);
  CHECK(result.restarts.size() == 2);
  CHECK(result.restarts[1].outcome == RestartOutcome::finished);
}

TEST_CASE("a restart keeps its best candidate or its last one, as asked") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.iterations = 60;
  spec.rate = 0.5;  // so rough that the objective does not fall all the time
  spec.schedule.kind = optimizers::ScheduleKind::constant;
  for (const Keep keep : {Keep::best, Keep::last}) {
    spec.keep = keep;
    Session session(given.problem, spec, resources());
    double least = std::numeric_limits<double>::infinity(), last = 0;
    while (!session.done()) {
      last = session.step().front().objective;
      least = std::min(least, last);
    }
    REQUIRE(least < last);
    CHECK(session.result().objective == (keep == Keep::best ? least : last));
  }
}

namespace {

/// The state after `before` steps, carried into a new session, must lead to the same end.
void check_resume(const Problem& problem, const AttackSpec& spec, int before) {
  Session whole(problem, spec, resources());
  for (int i = 0; i < before; ++i) whole.step();
  const std::vector<NamedTensor> saved = whole.state();
  const Reconstruction expected = run(whole);
  Session resumed(problem, spec, resources());
  resumed.restore(saved);
  const Reconstruction result = run(resumed);
  CHECK(result.raw == expected.raw);
  CHECK(result.objective == expected.objective);
  CHECK(result.best_restart == expected.best_restart);
  CHECK(resumed.state() == whole.state());
}

}  // namespace

TEST_CASE("a session resumed from its saved state ends with the same bits") {
  const OnePicture given;
  AttackSpec adam = inverting_gradients();
  adam.iterations = 20;
  adam.restarts = 3;
  AttackSpec lbfgs = dlg();
  lbfgs.iterations = 6;
  lbfgs.restarts = 2;
  for (const int before : {0, 7, 20, 33}) check_resume(given.problem, adam, before);
  for (const int before : {0, 2, 8}) check_resume(given.problem, lbfgs, before);
}

TEST_CASE("a saved state of another attack is refused") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  Session adam(given.problem, spec, resources());
  Session lbfgs(given.problem, dlg(), resources());
  CHECK_THROWS_AS(lbfgs.restore(adam.state()), InputError);
}

TEST_CASE("the seed decides where restarts begin, and each begins elsewhere") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.iterations = 1;
  spec.restarts = 2;
  const auto objectives = [&](std::uint64_t seed) {
    spec.seed = seed;
    Session session(given.problem, spec, resources());
    const double first = session.step().front().objective;
    return std::pair{first, session.step().front().objective};
  };
  const auto [first, second] = objectives(1);
  CHECK(objectives(1) == std::pair{first, second});
  CHECK(first != second);
  CHECK(objectives(2).first != first);
}

TEST_CASE("a given start replaces the random one") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.objective.total_variation = 0;
  spec.start_images = given.truth;
  Session session(given.problem, spec, resources());
  CHECK(term(session.step().front(), "matching") < 1e-12);
  spec.start_images = Literal::filled({DType::f32, {1, 1, 4, 4}}, 0);
  CHECK_THROWS_AS(Session(given.problem, spec, resources()), InputError);
}

TEST_CASE("a restart that leaves the finite numbers fails and the others go on") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.iterations = 3;
  spec.restarts = 2;
  spec.box = Box::none;
  spec.rate = 1e38;  // the second candidate overflows
  Session session(given.problem, spec, resources());
  const Reconstruction result = run(session);
  for (const RestartReport& report : result.restarts) {
    CHECK(report.outcome == RestartOutcome::failed);
    CHECK_FALSE(report.failure.empty());
  }
  CHECK(std::isfinite(result.objective));
}

TEST_CASE("an attack without one finite objective has no result") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  spec.start_images = Literal::filled(given.truth.type(), std::numeric_limits<double>::quiet_NaN());
  Session session(given.problem, spec, resources());
  CHECK_THROWS_AS(run(session), NumericError);
  CHECK(session.done());
}

TEST_CASE("a stop leaves the best candidate so far") {
  const OnePicture given;
  AttackSpec spec = inverting_gradients();
  Session session(given.problem, spec, resources());
  std::stop_source stop;
  std::int64_t steps = 0;
  double best = 0;
  const Reconstruction result = run(
      session,
      [&](const Progress& progress) {
        best = progress.best;
        if (++steps == 10) stop.request_stop();
      },
      stop.get_token());
  CHECK(steps == 10);
  CHECK_FALSE(session.done());
  CHECK(result.objective == best);
  CHECK(result.restarts[0].outcome == RestartOutcome::pending);
}

TEST_CASE("the attack ends early at its target, and needs no further restart") {
  const OnePicture given;
  AttackSpec spec = dlg();
  spec.target = 1e-3;
  spec.restarts = 2;
  Session session(given.problem, spec, resources());
  const Reconstruction result = run(session);
  CHECK(session.done());
  CHECK(result.restarts[0].outcome == RestartOutcome::reached_target);
  CHECK(result.restarts[0].iterations < spec.iterations);
  CHECK(result.restarts[1].outcome == RestartOutcome::pending);
  CHECK(result.objective < 1e-3);
}

TEST_CASE("several pictures are found behind the weights after local training") {
  const Model model = sigmoid_network();
  const Literal truth = picture(images_type(model, 2));
  Problem problem;
  problem.examples = 2;
  problem.observed.kind = UpdateKind::delta;
  problem.training.steps = 2;
  problem.training.sgd.rate = 0.1;
  problem.targets = labels({1, 3});
  problem = observed_problem(model, problem, truth, labels({1, 3}));
  AttackSpec spec = inverting_gradients();
  spec.labels = LabelSource::given;
  spec.objective.total_variation = 1e-5;
  spec.iterations = 1500;
  Session session(problem, spec, resources());
  const ImageScores scores = score_images(run(session).images, truth);
  CHECK(scores.psnr > 20);
  CHECK(scores.psnr > scores.random_pair_psnr + 5);
}

TEST_CASE("the box and the result are in pixels whatever the model's input units") {
  const OnePicture given;
  Problem problem = given.problem;
  problem.normalization = {{0.5}, {0.25}};
  AttackSpec spec = inverting_gradients();
  spec.iterations = 5;
  Session session(problem, spec, resources());
  const Reconstruction result = run(session);
  // Standard normal starts reach beyond the model-input range [-2, 2] only rarely, but many lie
  // outside [0, 1]: seen as pixels, all must be inside.
  CHECK(result.raw.shape() == Shape{1, 1, 8, 8});
  const auto pixels = result.raw.values<float>();
  CHECK(*std::min_element(pixels.begin(), pixels.end()) >= 0);
  CHECK(*std::max_element(pixels.begin(), pixels.end()) <= 1);
}

TEST_CASE("an attack that does not fit the memory limit is refused before it runs") {
  const OnePicture given;
  CHECK_THROWS_AS(Session(given.problem, dlg(), {&kernels(), 1, 1000}), ResourceError);
  Session session(given.problem, dlg(), resources());
  CHECK(session.memory().total() > 1000);
  CHECK_FALSE(session.steps().empty());
}

TEST_CASE("settings that an optimiser does not honour are refused") {
  const OnePicture given;
  AttackSpec spec = dlg();
  spec.box = Box::clip;
  CHECK_THROWS_AS(Session(given.problem, spec, resources()), InputError);
  spec = inverting_gradients();
  spec.labels = LabelSource::given;
  CHECK_THROWS_AS(Session(given.problem, spec, resources()), InputError);
}

}  // namespace palimpsest::inversion
