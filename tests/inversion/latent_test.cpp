// Searches of a generator's latents, by gradients and by values alone.

#include <doctest/doctest.h>

#include "inversion/generator.h"
#include "inversion/metrics.h"
#include "inversion/session.h"
#include "inversion/variables.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// A private picture that the generator can make, behind the gradient of the sigmoid network.
struct Generated {
  Generated() : model(sigmoid_network()), made(generator({.classes = 4}, {.weight_scale = 2})) {
    problem.model = &model;
    problem.generator = &made;
    latent = Literal::of<float>({1, 3}, std::vector<float>{0.8F, -0.5F, 0.3F});
    const Literal rows = target_rows(model, {}, labels({2}));
    truth = images_of_variables(problem, latent_projection(), {latent}, rows, kernels());
    problem = observed_problem(model, problem, truth, labels({2}));
  }
  Model model, made;
  Problem problem;
  Literal latent, truth;
};

AttackSpec short_attack(ImageOptimizer optimizer) {
  AttackSpec spec = generative_gradient_leakage(optimizer);
  spec.objective.latent_kl = 0;  // of three entries it would say little
  spec.seed = 3;
  spec.iterations = optimizer == ImageOptimizer::adam ? 300 : 40;
  if (optimizer == ImageOptimizer::turbo) spec.turbo.initial = 20;
  return spec;
}

Reconstruction found(const Generated& given, const AttackSpec& spec) {
  Session session(given.problem, spec, {.kernels = &kernels()});
  return run(session);
}

}  // namespace

TEST_CASE("every optimiser of a latent finds the generated picture behind its gradient") {
  const Generated given;
  for (const ImageOptimizer optimizer :
       {ImageOptimizer::adam, ImageOptimizer::cma_es, ImageOptimizer::turbo}) {
    CAPTURE(static_cast<int>(optimizer));
    const Reconstruction result = found(given, short_attack(optimizer));
    const double most = optimizer == ImageOptimizer::turbo ? 1e-2 : 1e-4;
    CHECK(mean_squared_error(result.raw, 0, given.truth, 0) < most);
    REQUIRE(result.latent);
    CHECK(result.latent->shape() == Shape{1, 3});
    CHECK(result.labels.integers() == std::vector<std::int64_t>{2});
  }
}

TEST_CASE("a search by values alone that is interrupted goes on to the same bits") {
  const Generated given;
  for (const ImageOptimizer optimizer : {ImageOptimizer::cma_es, ImageOptimizer::turbo}) {
    AttackSpec spec = short_attack(optimizer);
    spec.iterations = 6;
    spec.restarts = 2;
    const Resources resources{.kernels = &kernels()};
    Session whole(given.problem, spec, resources);
    Session first(given.problem, spec, resources);
    for (int step = 0; step < 8; ++step) first.step();
    Session second(given.problem, spec, resources);
    second.restore(first.state());
    const Reconstruction expected = run(whole), result = run(second);
    CHECK(result.latent.value() == expected.latent.value());
    CHECK(result.objective == expected.objective);
  }
}

TEST_CASE("restarts of a search by values alone draw different candidates") {
  const Generated given;
  AttackSpec spec = short_attack(ImageOptimizer::cma_es);
  spec.start = Start::zeros;
  spec.iterations = 1;
  spec.restarts = 2;
  const Reconstruction result = found(given, spec);
  CHECK(result.restarts[0].objective != result.restarts[1].objective);
}

TEST_CASE("a search by values alone refuses pixels, searched labels and the settings of Adam") {
  const Generated given;
  const Resources resources{.kernels = &kernels()};
  AttackSpec spec = short_attack(ImageOptimizer::cma_es);
  spec.space = Space::pixels;
  CHECK_THROWS_AS(Session(given.problem, spec, resources), InputError);
  spec = short_attack(ImageOptimizer::cma_es);
  spec.labels = LabelSource::joint;
  CHECK_THROWS_AS(Session(given.problem, spec, resources), InputError);
  spec = short_attack(ImageOptimizer::cma_es);
  spec.pixel_noise = 0.1;
  CHECK_THROWS_WITH_AS(Session(given.problem, spec, resources), doctest::Contains("pixel noise"),
                       InputError);
}

TEST_CASE("a generator's weights take over where its latent ends") {
  Generated given;
  // A picture that no latent makes.
  given.truth = picture(images_type(given.model, 1));
  given.problem = observed_problem(given.model, given.problem, given.truth, labels({2}));
  AttackSpec spec = gias();
  spec.restarts = 1;
  spec.iterations = 600;
  spec.weights = {.latent_share = 0.25, .rate = 0.02};
  spec.seed = 3;
  AttackSpec latent = spec;
  latent.space = Space::latent;
  const double by_latent = mean_squared_error(found(given, latent).raw, 0, given.truth, 0);
  CHECK(mean_squared_error(found(given, spec).raw, 0, given.truth, 0) < 0.2 * by_latent);
}

TEST_CASE("in the first part of such a run the weights rest, in the second the latent") {
  const Generated given;
  AttackSpec spec = gias();
  spec.restarts = 1;
  spec.iterations = 8;
  spec.keep = Keep::last;
  spec.weights.latent_share = 0.5;
  const auto latent_after = [&](int steps) {
    Session session(given.problem, spec, {.kernels = &kernels()});
    for (int step = 0; step < steps; ++step) session.step();
    return *session.result().latent;
  };
  // Kept is where a step began.
  CHECK_FALSE(latent_after(4) == latent_after(5));
  CHECK(latent_after(6) == latent_after(8));
}

TEST_CASE("a latent cannot be searched without a generator") {
  Generated given;
  given.problem.generator = nullptr;
  CHECK_THROWS_WITH_AS(
      Session(given.problem, short_attack(ImageOptimizer::adam), {.kernels = &kernels()}),
      doctest::Contains("generator"), InputError);
}

}  // namespace palimpsest::inversion
