#include "inversion/surrogate.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/derivative.h"
#include "inversion/metrics.h"
#include "inversion/pixels.h"
#include "inversion/session.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// What a client of several local steps sends, its whole data being one batch of the model.
struct Trained {
  explicit Trained(DType dtype = DType::f32, double rate = 0.05)
      : model(sigmoid_network({.batch = 2, .dtype = dtype})) {
    problem.examples = 2;
    problem.observed.kind = UpdateKind::delta;
    problem.training.steps = 4;
    problem.training.sgd.rate = rate;
    truth = picture(images_type(model, 2));
    problem = observed_problem(model, problem, truth, labels({1, 3}));
    problem.targets = labels({1, 3});
  }
  Model model;
  Problem problem;
  Literal truth;
};

AttackSpec attack() {
  AttackSpec spec = surrogate_extension();
  spec.labels = LabelSource::given;
  spec.objective.total_variation = 1e-4;
  spec.rate = 0.1;
  spec.seed = 2;
  return spec;
}

}  // namespace

TEST_CASE("the derivative with respect to the surrogate's share is the objective's slope") {
  const Trained given(DType::f64, 2);
  AttackSpec spec = attack();
  const auto at = [&](double share) {
    spec.surrogate.share = share;
    return derivative_at_start(given.problem, spec, {.kernels = &kernels()});
  };
  const double h = 1e-5;
  const double slope = (at(0.4 + h).objective - at(0.4 - h).objective) / (2 * h);
  REQUIRE(at(0.4).gradient.size() == 2);
  CHECK(std::abs(slope) > 1e-6);
  CHECK(at(0.4).gradient[1].doubles()[0] == doctest::Approx(slope).epsilon(1e-6));
}

TEST_CASE("the surrogate of weights that hardly moved has the gradient that the client had") {
  const Trained given(DType::f64, 1e-6);
  AttackSpec spec = attack();
  spec.objective.total_variation = 0;
  spec.start_images = given.truth;
  CHECK(derivative_at_start(given.problem, spec, {.kernels = &kernels()}).objective < 1e-10);
}

TEST_CASE("a surrogate finds pictures behind several local steps without following them") {
  Trained given;
  given.problem.training = {};  // the attacker knows nothing of it
  Session session(given.problem, attack(), {.kernels = &kernels()});
  const Reconstruction found = run(session);
  const ImageScores scores =
      score_images(found.images, clamped(pixels_of(given.problem, given.truth)));
  CHECK(scores.psnr > 18);
  CHECK(scores.psnr > scores.random_pair_psnr + 5);
}

TEST_CASE("a surrogate needs weights, and all examples in one batch") {
  Trained given;
  Problem gradient = given.problem;
  gradient.observed.kind = UpdateKind::gradient;
  CHECK_THROWS_AS(surrogate_problem(gradient), InputError);
  Problem more = given.problem;
  more.examples = 4;
  CHECK_THROWS_WITH_AS(surrogate_problem(more), doctest::Contains("batch"), InputError);
}

}  // namespace palimpsest::inversion
