#include "inversion/group.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/pixels.h"
#include "inversion/session.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// 3 x 32 x 32: shapes on a ground, moved by (dx, dy) pixels.
Literal scene(double dx, double dy) {
  std::vector<double> values;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        const double u = x - dx, v = y - dy;
        values.push_back(0.5 + 0.2 * std::sin(0.5 * u + c) * std::cos(0.4 * v) +
                         0.3 * std::exp(-((u - 12) * (u - 12) + (v - 18) * (v - 18)) / 20));
      }
  return Literal::of<double>({1, 3, 32, 32}, values).converted(DType::f32);
}

/// Root of the mean square, apart from a margin.
double difference(const Literal& a, const Literal& b, int margin) {
  const std::vector<double> p = a.doubles(), q = b.doubles();
  double sum = 0, count = 0;
  for (int c = 0; c < 3; ++c)
    for (int y = margin; y < 32 - margin; ++y)
      for (int x = margin; x < 32 - margin; ++x) {
        const auto at = static_cast<std::size_t>((c * 32 + y) * 32 + x);
        sum += (p[at] - q[at]) * (p[at] - q[at]);
        count += 1;
      }
  return std::sqrt(sum / count);
}

struct OnePicture {
  OnePicture() : model(sigmoid_network()) {
    problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  }
  Model model;
  Problem problem;
};

AttackSpec group_attack(GroupForm form) {
  AttackSpec spec = grad_inversion();
  spec.objective.statistics = 0;
  spec.objective.group_consistency = 1;
  spec.labels = LabelSource::given;
  spec.group = {form, 2, 2};
  spec.iterations = 8;
  spec.restarts = 3;
  spec.seed = 4;
  return spec;
}

std::vector<double> objectives(const Problem& problem, const AttackSpec& spec, int threads) {
  Session session(problem, spec, {.kernels = &kernels(), .threads = threads});
  std::vector<double> all;
  while (!session.done())
    for (const Progress& step : session.step()) all.push_back(step.objective);
  return all;
}

}  // namespace

TEST_CASE("a consensus is due at the start and then every period") {
  const GroupSpec spec{GroupForm::lazy_mean, 4, 3};
  std::vector<std::int64_t> due;
  for (std::int64_t done = 0; done < 12; ++done)
    if (is_consensus_due(spec, done)) due.push_back(done);
  CHECK(due == std::vector<std::int64_t>{4, 7, 10});
  CHECK_FALSE(is_consensus_due({}, 0));
}

TEST_CASE("the lazy mean of seeds is the mean of their pixels") {
  const OnePicture given;
  const TensorType type = images_type(given.model, 1);
  const Literal mean =
      consensus(given.problem, GroupForm::lazy_mean,
                {Literal::filled(type, 1), Literal::filled(type, 2), Literal::filled(type, 6)})
          .images;
  CHECK(mean == Literal::filled(type, 3));
}

TEST_CASE("registered seeds agree on a picture closer to the truth than their plain mean") {
  const Model model = lenet();
  Problem problem;
  problem.model = &model;
  problem.normalization = {{0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};
  // Their mean lies at the middle one.
  const Literal truth = scene(0, 0);
  const std::vector<Literal> seeds{images_of(problem, scene(-2, 1)), images_of(problem, truth),
                                   images_of(problem, scene(2, -1))};
  const auto error = [&](GroupForm form) {
    return difference(pixels_of(problem, consensus(problem, form, seeds).images), truth, 4);
  };
  CHECK(consensus(problem, GroupForm::registered, seeds).registered == 3);
  CHECK(error(GroupForm::registered) < 0.6 * error(GroupForm::lazy_mean));
}

TEST_CASE("before the first consensus seeds go their own ways, then they are drawn together") {
  OnePicture given;
  given.problem.targets = labels({2});
  AttackSpec spec = group_attack(GroupForm::lazy_mean);
  Session session(given.problem, spec, {.kernels = &kernels()});
  const auto distance = [](const Progress& step) {
    for (const auto& [name, value] : step.terms)
      if (name == "group_consistency") return value;
    return -1.0;
  };
  CHECK(session.restarts_at_once() == 3);
  for (int step = 0; step < 2; ++step)
    for (const Progress& one : session.step()) CHECK(distance(one) == 0);
  for (const Progress& one : session.step()) CHECK(distance(one) > 0);
}

TEST_CASE("a group that is drawn together ends closer than one that is not") {
  OnePicture given;
  given.problem.targets = labels({2});
  const auto spread = [&](double factor) {
    AttackSpec spec = group_attack(GroupForm::lazy_mean);
    spec.objective.group_consistency = factor;
    spec.pixel_noise = 0;
    spec.iterations = 60;
    spec.rate = 0.05;
    Session session(given.problem, spec, {.kernels = &kernels()});
    double last = 0;
    while (!session.done())
      for (const Progress& step : session.step()) last = step.terms.back().second;
    return last;
  };
  CHECK(spread(1) < 0.5 * spread(1e-12));
}

TEST_CASE("a group finds the same whether its seeds take turns or run in programs of their own") {
  OnePicture given;
  given.problem.targets = labels({2});
  for (const GroupForm form : {GroupForm::lazy_mean, GroupForm::registered}) {
    const AttackSpec spec = group_attack(form);
    const std::vector<double> one = objectives(given.problem, spec, 1);
    const std::vector<double> three = objectives(given.problem, spec, 3);
    REQUIRE(one.size() == 24);
    REQUIRE(three.size() == one.size());
    for (std::size_t i = 0; i < one.size(); ++i)
      CHECK(one[i] == doctest::Approx(three[i]).epsilon(1e-4));
  }
}

TEST_CASE("a group that is interrupted goes on to the same bits") {
  OnePicture given;
  given.problem.targets = labels({2});
  const AttackSpec spec = group_attack(GroupForm::registered);
  const Resources resources{.kernels = &kernels()};
  Session whole(given.problem, spec, resources);
  Session first(given.problem, spec, resources);
  for (int step = 0; step < 5; ++step) first.step();
  Session second(given.problem, spec, resources);
  second.restore(first.state());
  CHECK(run(second).raw == run(whole).raw);
}

TEST_CASE("a group of one seed and consistency without a group are refused") {
  const OnePicture given;
  AttackSpec spec = group_attack(GroupForm::lazy_mean);
  spec.labels = LabelSource::recover;
  spec.restarts = 1;
  CHECK_THROWS_AS(Session(given.problem, spec, {.kernels = &kernels()}), InputError);
  spec.restarts = 3;
  spec.group.form = GroupForm::none;
  CHECK_THROWS_AS(Session(given.problem, spec, {.kernels = &kernels()}), InputError);
}

}  // namespace palimpsest::inversion
