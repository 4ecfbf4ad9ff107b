// Attacks whose kernels are chosen by measurements.

#include <doctest/doctest.h>

#include "inversion/session.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;
using runtime::KernelChoices;
using runtime::Measuring;

/// The candidate after three steps, with kernels tuned by these choices.
Literal found(KernelChoices* choices) {
  const Model model = lenet();
  const Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  AttackSpec spec = inverting_gradients();
  spec.iterations = 3;
  spec.gradient_shape = optimizers::GradientShape::raw;  // signs would hide roundings
  spec.kernels = KernelSelection::tuned;
  Session session(problem, spec, {.kernels = &kernels(), .choices = choices});
  return run(session).raw;
}

}  // namespace

TEST_CASE("an attack with equal choices of kernels ends with equal bits") {
  KernelChoices measured(Measuring::allowed);
  const Literal first = found(&measured);
  REQUIRE_FALSE(measured.all().empty());
  KernelChoices recorded;  // may measure nothing
  for (const auto& [key, choice] : measured.all()) {
    CHECK(choice.source == KernelChoices::Source::measured);
    recorded.record(key, choice.algorithm);
  }
  CHECK(found(&recorded) == first);
  CHECK(recorded.all().size() == measured.all().size());
  for (const auto& [key, choice] : recorded.all()) CHECK(choice.used);
}

TEST_CASE("an attack takes the kernels that the choices name") {
  KernelChoices measured(Measuring::allowed);
  found(&measured);
  KernelChoices gemm, rules;
  for (const auto& [key, choice] : measured.all()) gemm.record(key, "own:gemm");
  CHECK_FALSE(found(&gemm) == found(&rules));  // other orders of sums round otherwise
}

TEST_CASE("a tuned attack without choices measures for itself") {
  CHECK(found(nullptr).type() == images_type(lenet(), 1));
}

}  // namespace palimpsest::inversion
