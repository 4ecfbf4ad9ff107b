#include "inversion/view.h"

#include <doctest/doctest.h>

#include <array>

#include "inversion/session.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

Literal seen(const Problem& problem, const ViewSpec& spec, const Literal& images,
             const View& view) {
  Function function;
  const ViewTypes types = view_types(problem);
  Graph& graph = *function.graph;
  function.inputs = {graph.input(images.type()), graph.input(types.rows),
                     graph.input(types.columns), graph.input({images.dtype(), {}})};
  function.outputs = {shown(problem, spec, function.inputs[0], function.inputs[1],
                            function.inputs[2], function.inputs[3])};
  const Literal coarseness = Literal::filled({images.dtype(), {}}, view.coarseness);
  return runtime::evaluate(function, std::vector{images, view.rows, view.columns, coarseness},
                           kernels())[0];
}

struct Shown {
  Shown() : model(sigmoid_network({.dtype = DType::f64})) {
    problem.model = &model;
    images = uniform(images_type(model, 1), 3);
  }
  double at(const Literal& image, std::int64_t y, std::int64_t x) const {
    return image.doubles()[static_cast<std::size_t>(8 * y + x)];
  }
  Model model;
  Problem problem;
  Literal images;
};

}  // namespace

TEST_CASE("a view rolls and mirrors the image as its rows and columns say") {
  const Shown given;
  const ViewSpec spec{.roll = 3, .flip = true};
  for (std::int64_t iteration = 0; iteration < 8; ++iteration) {
    const View view = view_at(given.problem, spec, 1, 0, iteration, 8);
    const std::vector<std::int64_t> rows = view.rows.integers(), columns = view.columns.integers();
    const Literal moved = seen(given.problem, spec, given.images, view);
    for (std::int64_t y = 0; y < 8; ++y)
      for (std::int64_t x = 0; x < 8; ++x)
        CHECK(given.at(moved, y, x) == given.at(given.images, rows[static_cast<std::size_t>(y)],
                                                columns[static_cast<std::size_t>(x)]));
  }
}

TEST_CASE("views draw every roll in range and both directions, anew for every restart") {
  const Shown given;
  const ViewSpec spec{.roll = 2, .flip = true};
  std::array<int, 8> firsts{};
  int mirrored = 0, different = 0;
  for (std::int64_t iteration = 0; iteration < 200; ++iteration) {
    const View view = view_at(given.problem, spec, 1, 0, iteration, 200);
    ++firsts[static_cast<std::size_t>(view.rows.integers()[0])];
    const std::vector<std::int64_t> columns = view.columns.integers();
    mirrored += (columns[0] + 7) % 8 == columns[1];
    different += !(view.rows == view_at(given.problem, spec, 1, 1, iteration, 200).rows);
  }
  for (const std::size_t allowed : {0U, 1U, 2U, 6U, 7U}) CHECK(firsts[allowed] > 15);
  for (const std::size_t outside : {3U, 4U, 5U}) CHECK(firsts[outside] == 0);
  CHECK(mirrored > 60);
  CHECK(mirrored < 140);
  CHECK(different > 100);
}

TEST_CASE("the first part of a run shows blocks of mean value") {
  const Shown given;
  const ViewSpec spec{.coarse = 4, .coarse_share = 0.5};
  const Literal early =
      seen(given.problem, spec, given.images, view_at(given.problem, spec, 1, 0, 4, 10));
  double mean = 0;
  for (std::int64_t y = 4; y < 8; ++y)
    for (std::int64_t x = 0; x < 4; ++x) mean += given.at(given.images, y, x) / 16;
  for (std::int64_t y = 4; y < 8; ++y)
    for (std::int64_t x = 0; x < 4; ++x) CHECK(given.at(early, y, x) == doctest::Approx(mean));
  CHECK(seen(given.problem, spec, given.images, view_at(given.problem, spec, 1, 0, 5, 10)) ==
        given.images);
}

TEST_CASE("blocks that do not divide the image are refused") {
  const Shown given;
  const ViewSpec spec{.coarse = 3, .coarse_share = 0.5};
  CHECK_THROWS_AS(
      seen(given.problem, spec, given.images, view_at(given.problem, spec, 1, 0, 0, 10)),
      InputError);
}

TEST_CASE("images of a class come from the model alone, and their statistics are its own") {
  const Model model = batch_norm_network({.batch = 4}, Mode::eval);
  Problem problem;
  problem.examples = 4;
  problem = observed_problem(model, problem, picture(images_type(model, 4)), labels({0, 1, 2, 2}));
  problem.targets = labels({0, 1, 2, 2});
  AttackSpec spec = deep_inversion();
  spec.labels = LabelSource::given;
  spec.view = {.roll = 1, .flip = true, .coarse = 2, .coarse_share = 0.5};
  spec.box = Box::none;
  spec.iterations = 300;
  const auto term = [](const Progress& step, std::string_view name) {
    for (const auto& [term, value] : step.terms)
      if (term == name) return value;
    return -1.0;
  };
  // Nothing of the update matters.
  Problem other = problem;
  for (auto& tensor : other.observed.tensors) tensor = Literal::filled(tensor->type(), 7);
  Session session(problem, spec, {.kernels = &kernels()}),
      same(other, spec, {.kernels = &kernels()});
  const Progress first = session.step().front();
  Progress last = first;
  while (!session.done()) last = session.step().front();
  CHECK(term(last, "classification") < term(first, "classification"));
  CHECK(term(last, "statistics") < 0.5 * term(first, "statistics"));
  CHECK(run(same).raw == session.result().raw);
}

}  // namespace palimpsest::inversion
