#include "inversion/session.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/metrics.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

Resources resources() { return {&kernels(), 1, 0}; }

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
  const double first = session.step().objective;
  const Reconstruction result = run(session);
  CHECK(result.objective < first / 10);
  CHECK(psnr(error_of(result, given.truth)) > 20);
  CHECK(result.raw == result.images);
  CHECK(result.restarts.size() == 2);
  CHECK(result.restarts[1].outcome == RestartOutcome::finished);
}

}  // namespace palimpsest::inversion
