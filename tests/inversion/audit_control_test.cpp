// The controls of an audit.

#include "inversion/audit/control.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

double norm_of(const Literal& tensor) {
  double sum = 0;
  for (const double value : tensor.doubles()) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("A random update has the norms of the true one and nothing else of it") {
  Observed observed{UpdateKind::delta, {}};
  observed.tensors.emplace_back(Literal::of<float>({3}, std::vector<float>{3, 0, 4}));
  observed.tensors.emplace_back(std::nullopt);
  observed.tensors.emplace_back(Literal::of<float>({2, 2}, std::vector<float>{0, 0, 0, 0}));
  const Observed random = random_update(observed, 5);
  CHECK(random.kind == UpdateKind::delta);
  REQUIRE(random.tensors.size() == 3);
  CHECK(norm_of(*random.tensors[0]) == doctest::Approx(5).epsilon(1e-6));
  CHECK_FALSE(*random.tensors[0] == *observed.tensors[0]);
  CHECK_FALSE(random.tensors[1]);
  CHECK(*random.tensors[2] == *observed.tensors[2]);
  CHECK(*random_update(observed, 5).tensors[0] == *random.tensors[0]);
  CHECK_FALSE(*random_update(observed, 6).tensors[0] == *random.tensors[0]);
}

TEST_CASE("Controls that do not look at the update leave the recipe's priors as they are") {
  const AttackSpec recipe = inverting_gradients();
  for (const Control control : {Control::prior, Control::statistics, Control::label}) {
    CAPTURE(name_of(control));
    const AttackSpec spec = control_spec(recipe, control);
    CHECK(spec.objective.matching == 0);
    CHECK(spec.objective.total_variation == recipe.objective.total_variation);
    CHECK(spec.iterations == recipe.iterations);
    CHECK(spec.labels == LabelSource::given);
  }
  CHECK(control_spec(recipe, Control::label).objective.classification == 1);
  CHECK(control_spec(recipe, Control::statistics).objective.statistics == 1);
  CHECK(control_spec(recipe, Control::random_update).objective.matching == 1);
}

TEST_CASE("A control exists where the model and the recipe leave something to search by") {
  Model model;
  const LossSpec classes, values{LossKind::squared_error};
  const std::vector<Control> without_priors{Control::label, Control::random_update};
  CHECK(controls_of(model, classes, dlg()) == without_priors);
  CHECK(controls_of(model, values, dlg()) == std::vector{Control::random_update});
  CHECK(controls_of(model, values, inverting_gradients()).front() == Control::prior);
  model.batch_norms.emplace_back();
  CHECK(controls_of(model, values, dlg()).front() == Control::statistics);
}

TEST_CASE("No control sees statistics that came with the update") {
  AttackSpec recipe = grad_inversion();
  recipe.objective.statistics_source = StatisticsSource::inferred;
  for (const Control control :
       {Control::prior, Control::statistics, Control::label, Control::random_update})
    CHECK(control_spec(recipe, control).objective.statistics_source == StatisticsSource::running);
}

}  // namespace palimpsest::inversion
