// Restarts side by side: what is found is what one after the other would find.

#include "inversion/restarts.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "inversion/restarts_at_once.h"
#include "inversion/start.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

constexpr double infinity = std::numeric_limits<double>::infinity();

Resources at_once(std::int64_t restarts, std::size_t max_memory = 0) {
  return {&kernels(), 1, max_memory, restarts};
}

/// Two pictures in f64, so that what differs by rounding alone stays together for many steps.
struct TwoPictures {
  TwoPictures() : model(sigmoid_network({.batch = 2, .dtype = DType::f64})) {
    problem.examples = 2;
    problem = observed_problem(model, problem, picture(images_type(model, 2)), labels({2, 0}));
  }
  Model model;
  Problem problem;
};

AttackSpec adam_attack() {
  AttackSpec spec = inverting_gradients();
  spec.labels = LabelSource::joint;
  spec.gradient_shape = optimizers::GradientShape::soft_sign;
  spec.iterations = 25;
  spec.restarts = 5;
  return spec;
}

AttackSpec lbfgs_attack() {
  AttackSpec spec = dlg();
  spec.iterations = 4;
  spec.restarts = 5;
  return spec;
}

double largest_difference(const Literal& a, const Literal& b) {
  const std::vector<double> x = a.doubles(), y = b.doubles();
  REQUIRE(x.size() == y.size());
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

/// Equal but for the rounding of f64, after some tens of steps of a search.
void check_same(const Reconstruction& found, const Reconstruction& expected) {
  constexpr double rounding = 1e-7;
  CHECK(found.best_restart == expected.best_restart);
  CHECK(found.objective == doctest::Approx(expected.objective).epsilon(rounding));
  CHECK(largest_difference(found.raw, expected.raw) < rounding);
  CHECK(largest_difference(found.targets, expected.targets) < rounding);
  REQUIRE(found.restarts.size() == expected.restarts.size());
  for (std::size_t i = 0; i < found.restarts.size(); ++i) {
    CAPTURE(i);
    CHECK(found.restarts[i].outcome == expected.restarts[i].outcome);
    CHECK(found.restarts[i].iterations == expected.restarts[i].iterations);
    if (std::isfinite(expected.restarts[i].objective))
      CHECK(found.restarts[i].objective ==
            doctest::Approx(expected.restarts[i].objective).epsilon(rounding));
    else
      CHECK(found.restarts[i].objective == expected.restarts[i].objective);
  }
}

Reconstruction result_of(const Problem& problem, const AttackSpec& spec, std::int64_t lanes) {
  Session session(problem, spec, at_once(lanes));
  CHECK(session.restarts_at_once() == lanes);
  const Reconstruction result = run(session);
  CHECK(session.iterations_done() == spec.iterations * spec.restarts);
  return result;
}

}  // namespace

TEST_CASE("restarts side by side find what they find one after the other") {
  const TwoPictures given;
  for (const AttackSpec& spec : {adam_attack(), lbfgs_attack()}) {
    const Reconstruction expected = result_of(given.problem, spec, 1);
    for (const std::int64_t lanes : {2, 3, 5}) {
      CAPTURE(lanes);
      check_same(result_of(given.problem, spec, lanes), expected);
    }
  }
}

TEST_CASE("a target ends the same restarts, however many run at once") {
  const TwoPictures given;
  for (AttackSpec spec : {adam_attack(), lbfgs_attack()}) {
    const std::vector<RestartReport> reports = result_of(given.problem, spec, 1).restarts;
    for (const RestartReport& report : reports) {
      spec.target = report.objective * 1.001;
      CAPTURE(spec.target);
      const Reconstruction expected = result_of(given.problem, spec, 1);
      for (const std::int64_t lanes : {2, 5})
        check_same(result_of(given.problem, spec, lanes), expected);
    }
  }
}

TEST_CASE("every restart that runs tells of each of its steps") {
  const TwoPictures given;
  const AttackSpec spec = adam_attack();
  Session session(given.problem, spec, at_once(3));
  const std::vector<Progress> first = session.step();
  REQUIRE(first.size() == 3);
  for (std::size_t lane = 0; lane < 3; ++lane) {
    CHECK(first[lane].restart == static_cast<std::int64_t>(lane));
    CHECK(first[lane].iteration == 1);
  }
  CHECK(session.iterations_done() == 3);
  for (std::int64_t i = 1; i < spec.iterations; ++i) session.step();
  CHECK(session.iterations_done() == 3 * spec.iterations);
  const std::vector<Progress> second = session.step();
  REQUIRE(second.size() == 2);  // of five restarts in three lanes, two are left
  CHECK(second[0].restart == 3);
  CHECK(second[1].restart == 4);
}

namespace {

std::vector<std::optional<StepNumbers>> all_at(std::int64_t step, std::size_t lanes) {
  return std::vector<std::optional<StepNumbers>>(lanes, StepNumbers{step, 0.1, 1});
}

}  // namespace

TEST_CASE("a candidate of NaN fails alone, and the others do not feel it") {
  const TwoPictures given;
  const Resources resources = at_once(3);
  const auto build = [&](const AttackSpec& spec) {
    const SearchRequest request{given.problem, spec, resources, {}, 3};
    return spec.optimizer == ImageOptimizer::adam ? adam_search(request) : lbfgs_search(request);
  };
  for (const AttackSpec& spec : {adam_attack(), lbfgs_attack()}) {
    const auto healthy = build(spec), harmed = build(spec);
    for (std::size_t lane = 0; lane < 3; ++lane) {
      std::vector<Literal> start =
          start_variables(given.problem, spec, static_cast<std::int64_t>(lane));
      healthy->start(lane, start);
      if (lane == 1)
        start[0] = Literal::filled(start[0].type(), std::numeric_limits<double>::quiet_NaN());
      harmed->start(lane, start);
    }
    for (std::int64_t step = 1; step <= 3; ++step) {
      healthy->step(all_at(step, 3));
      const std::vector<StepResult> results = harmed->step(all_at(step, 3));
      for (const std::size_t lane : {0U, 2U}) {
        CHECK(results[lane].failure.empty());
        CHECK(harmed->best(lane).total == healthy->best(lane).total);
        CHECK(harmed->best(lane).variables == healthy->best(lane).variables);
      }
      CHECK_FALSE(results[1].failure.empty());
      CHECK(harmed->best_total(1) == infinity);
    }
  }
}

TEST_CASE("a session of several restarts at once resumes with the same bits") {
  const TwoPictures given;
  for (const AttackSpec& spec : {adam_attack(), lbfgs_attack()})
    for (const std::int64_t before : {0, 3, 30}) {
      Session whole(given.problem, spec, at_once(2));
      for (std::int64_t i = 0; i < before && !whole.done(); ++i) whole.step();
      const std::vector<NamedTensor> saved = whole.state();
      const Reconstruction expected = run(whole);
      Session resumed(given.problem, spec, at_once(2));
      resumed.restore(saved);
      const Reconstruction result = run(resumed);
      CHECK(result.raw == expected.raw);
      CHECK(result.best_restart == expected.best_restart);
      CHECK(resumed.state() == whole.state());
      Session other(given.problem, spec, at_once(3));
      CHECK_THROWS_AS(other.restore(saved), InputError);
    }
}

TEST_CASE("small models run restarts at once by themselves, spread evenly, large ones do not") {
  const Model small = mlp(4, 16);
  Problem problem = observed_problem(small, {}, picture(images_type(small, 1)), labels({2}));
  AttackSpec spec = inverting_gradients();
  const auto chosen = [&](std::int64_t restarts) {
    spec.restarts = restarts;
    return restarts_at_once(problem, spec, at_once(0)).restarts;
  };
  CHECK(chosen(1) == 1);
  CHECK(chosen(7) == 7);
  CHECK(chosen(16) == 16);
  CHECK(chosen(17) == 9);
  CHECK(chosen(100) == 15);            // in seven rounds
  problem.training.steps = 1'000'000;  // as much arithmetic as a large model has
  CHECK(chosen(16) == 1);
  CHECK(restarts_at_once(problem, spec, at_once(4)) == Arrangement{4, 1});
  CHECK(restarts_at_once(problem, spec, at_once(40)) == Arrangement{16, 1});
  CHECK_THROWS_AS(Session(problem, spec, at_once(-1)), InputError);
}

TEST_CASE("each thread of a small model gets a program of its own, those of large ones share one") {
  const Model small = mlp(4, 16);
  Problem problem = observed_problem(small, {}, picture(images_type(small, 1)), labels({2}));
  AttackSpec spec = inverting_gradients();
  spec.restarts = 20;
  const auto chosen = [&](int threads, std::int64_t wanted, bool reproducible = false) {
    return restarts_at_once(problem, spec, {&kernels(), threads, 0, wanted, reproducible});
  };
  CHECK(chosen(2, 0) == Arrangement{20, 2});
  CHECK(chosen(3, 0) == Arrangement{20, 3});
  CHECK(Arrangement{20, 3}.lanes(0) == 7);
  CHECK(Arrangement{20, 3}.lanes(2) == 6);
  CHECK(chosen(4, 3) == Arrangement{3, 3});
  CHECK(chosen(4, 0, true) == chosen(1, 0, true));  // the restarts of a program change rounding
  problem.training.steps = 1000;                    // one restart fills a program
  CHECK(chosen(3, 0) == Arrangement{3, 3});
  CHECK(chosen(3, 0, true) == Arrangement{3, 3});
  problem.training.steps = 1'000'000;
  CHECK(chosen(3, 0) == Arrangement{1, 1});
}

TEST_CASE("restarts in programs side by side find what they find one after the other") {
  const TwoPictures given;
  for (const AttackSpec& spec : {adam_attack(), lbfgs_attack()}) {
    const Reconstruction expected = result_of(given.problem, spec, 1);
    for (const int threads : {2, 3}) {
      CAPTURE(threads);
      Session session(given.problem, spec, {&kernels(), threads, 0, 4});
      for (int i = 0; i < 3; ++i) session.step();
      // What is saved does not say in which program a restart ran.
      Session resumed(given.problem, spec, {&kernels(), 5 - threads, 0, 4});
      resumed.restore(session.state());
      check_same(run(resumed), expected);
      check_same(run(session), expected);
    }
  }
}

TEST_CASE("programs side by side have an equal share of the memory") {
  const Model model = mlp(4, 16);
  const Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  AttackSpec spec = lbfgs_attack();
  spec.restarts = 2;
  const std::size_t one = Session(problem, spec, at_once(1)).memory().total();
  CHECK(Session(problem, spec, {&kernels(), 2, 0, 2}).memory().total() == 2 * one);
  CHECK(Session(problem, spec, {&kernels(), 2, 2 * one, 0}).restarts_at_once() == 2);
  CHECK(Session(problem, spec, {&kernels(), 2, 2 * one - 1, 0}).restarts_at_once() == 1);
}

TEST_CASE("the share of a budget of one byte is no freedom from it") {
  const Model model = mlp(4, 16);
  const Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  AttackSpec spec = lbfgs_attack();
  spec.restarts = 2;
  CHECK_THROWS_AS(Session(problem, spec, {&kernels(), 2, 1, 2}), ResourceError);
}

TEST_CASE("fewer restarts run at once where memory is short") {
  const Model model = mlp(4, 16);
  const Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  AttackSpec spec = lbfgs_attack();
  spec.restarts = 8;
  const auto need = [&](std::int64_t lanes) {
    return Session(problem, spec, at_once(lanes)).memory().total();
  };
  REQUIRE(need(4) < need(8));
  CHECK(Session(problem, spec, at_once(0, need(8))).restarts_at_once() == 8);
  CHECK(Session(problem, spec, at_once(0, need(8) - 1)).restarts_at_once() == 4);
  CHECK(Session(problem, spec, at_once(0, need(1))).restarts_at_once() == 1);
  CHECK_THROWS_AS(Session(problem, spec, at_once(0, need(1) / 4)), ResourceError);
  CHECK_THROWS_AS(Session(problem, spec, at_once(8, need(8) / 4)), ResourceError);
}

TEST_CASE("the account of restarts: what a reached target makes needless does not count") {
  Restarts restarts(6, 3);
  for (std::size_t lane = 0; lane < 3; ++lane) restarts.begin(lane);
  const auto candidate = [](double total) { return BestCandidate{total, {}}; };

  CHECK(restarts.end(1, RestartOutcome::failed, "nan", candidate(5)) ==
        std::vector<std::size_t>{1});
  restarts.begin(1);
  CHECK(restarts.lane(1).restart == 3);
  CHECK(restarts.best().restart == 1);

  // Restart 2 reaches the target: 3, that runs after it, is dropped; 0, before it, goes on.
  CHECK(restarts.end(2, RestartOutcome::reached_target, {}, candidate(0.5)) ==
        std::vector<std::size_t>{2, 1});
  restarts.begin(1);
  restarts.begin(2);
  CHECK_FALSE(restarts.lane(1).restart);
  CHECK_FALSE(restarts.lane(2).restart);
  CHECK(restarts.best().restart == 2);
  CHECK_FALSE(restarts.done());

  // Restart 0 reaches it after all: the others would not have begun.
  restarts.end(0, RestartOutcome::reached_target, {}, candidate(0.75));
  CHECK(restarts.done());
  CHECK(restarts.best().restart == 0);
  CHECK(restarts.best().candidate.total == 0.75);
  CHECK(restarts.reports()[0].outcome == RestartOutcome::reached_target);
  for (std::size_t i = 1; i < 6; ++i) {
    CHECK(restarts.reports()[i].outcome == RestartOutcome::pending);
    CHECK(restarts.reports()[i].objective == infinity);
    CHECK(restarts.reports()[i].failure.empty());
  }
}

TEST_CASE("of equal candidates the earlier restart's is kept") {
  Restarts restarts(3, 3);
  for (std::size_t lane = 0; lane < 3; ++lane) restarts.begin(lane);
  for (const std::size_t lane : {1U, 0U, 2U})
    restarts.end(lane, RestartOutcome::finished, {}, {1, {}});
  CHECK(restarts.best().restart == 0);
}

}  // namespace palimpsest::inversion
