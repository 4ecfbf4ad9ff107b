// What the launches of a matching iteration are for, and what they cost.

#include <doctest/doctest.h>

#include <map>

#include "inversion/derivative.h"
#include "inversion/step_costs.h"
#include "runtime/profile.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::kernels;
using small_models::labels;

struct Attacked {
  Model model = small_models::sigmoid_network();
  Literal truth = small_models::picture(images_type(model, 1));
  Problem problem = small_models::observed_problem(model, {}, truth, labels({2}));
  AttackSpec spec = inverting_gradients();

  Attacked() {
    problem.targets = labels({2});
    spec.labels = LabelSource::given;
  }

  Session session() const { return {problem, spec, {&kernels(), 1, 0}}; }
};

/// Operations of the products by what they are for.
std::map<Role, double> product_flops(const Session& session) {
  std::map<Role, double> sums;
  for (const StepCost& step : step_costs(session.steps()))
    if (step.product) sums[step.role] += step.flops;
  return sums;
}

// The network's products: conv 1 -> 6 with 4x4 results, conv 6 -> 6 with as many, 96 -> 4.
constexpr double first = 2 * 6 * 16 * 9, second = 2 * 6 * 16 * 54, last = 2 * 96 * 4;

}  // namespace

TEST_CASE("products have the role of the sweep that makes them: 1, 1, 1 and 4 a layer") {
  Attacked attacked;
  for (const DistanceKind distance : {DistanceKind::squared_l2, DistanceKind::cosine}) {
    attacked.spec.objective.distance = distance;
    const std::map<Role, double> sums = product_flops(attacked.session());
    CHECK(sums.size() == 4);
    CHECK(sums.at(Role::forward) == first + second + last);
    CHECK(sums.at(Role::weight_gradient) == first + second + last);
    CHECK(sums.at(Role::input_gradient) == second + last);
    CHECK(sums.at(Role::tangent) == 3 * first + 4 * second + 4 * last);
  }
}

TEST_CASE("reverse over reverse makes the same products, in a second reverse sweep") {
  Attacked attacked;
  attacked.spec.objective.route = Route::reverse_over_reverse;
  const std::map<Role, double> sums = product_flops(attacked.session());
  CHECK(sums.size() == 4);
  CHECK(sums.at(Role::forward) == first + second + last);
  CHECK(sums.at(Role::weight_gradient) == first + second + last);
  CHECK(sums.at(Role::input_gradient) == second + last);
  CHECK(sums.at(Role::second_reverse) == 3 * first + 4 * second + 4 * last);
}

TEST_CASE("distance, priors and optimiser are no part of the model's passes") {
  Attacked attacked;
  const Session session = attacked.session();
  const std::vector<runtime::StepInfo> steps = session.steps();
  const std::vector<StepCost> costs = step_costs(steps);
  REQUIRE(costs.size() == steps.size());
  int others = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(steps[i].label);
    if (steps[i].label.starts_with("attack: ")) CHECK(costs[i].role == Role::other);
    others += costs[i].role == Role::other;
    CHECK(costs[i].bytes >= static_cast<double>(steps[i].output.bytes()));
  }
  CHECK(others > 0);
}

TEST_CASE("a profile has a time for each launch of each step of a session") {
  Attacked attacked;
  Session session = attacked.session();
  runtime::Profile profile;
  session.profile(&profile);
  session.step();
  session.step();
  session.profile(nullptr);
  session.step();
  CHECK(profile.runs == 2);
  CHECK(profile.launches.size() == session.steps().size());
}

TEST_CASE("the derivative at the start is that of the objective of the first step") {
  Attacked attacked;
  attacked.spec.seed = 5;
  const Derivative found = derivative_at_start(attacked.problem, attacked.spec, {&kernels(), 1, 0});
  Session session = attacked.session();
  const Progress step = session.step().front();
  CHECK(found.objective == step.objective);
  REQUIRE(step.terms.front().first == "matching");
  CHECK(found.matching == step.terms.front().second);
  REQUIRE(found.gradient.size() == 1);
  CHECK(found.gradient[0].type() == images_type(attacked.model, 1));

  // Along the gradient the objective rises by its squared norm times the way.
  const std::vector<double> slope = found.gradient[0].doubles();
  std::vector<double> moved = found.variables[0].doubles();
  double squares = 0;
  for (const double s : slope) squares += s * s;
  const double way = 1e-3 / squares;
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += way * slope[i];
  attacked.spec.start_images = Literal::of(found.variables[0].shape(), moved);
  const double risen =
      derivative_at_start(attacked.problem, attacked.spec, {&kernels(), 1, 0}).objective;
  // f32, and a curve followed for a short way: a tenth, where another gradient would be far off.
  CHECK(risen - found.objective == doctest::Approx(1e-3).epsilon(0.1));
}

}  // namespace palimpsest::inversion
