#include "optimizers/turbo.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "graph/error.h"
#include "tests/optimizers/test_functions.h"
#include "tools/io/files.h"
#include "tools/io/strict_json.h"

namespace palimpsest::optimizers {
namespace {

using namespace testing;
using Function = std::function<double(const Vector&)>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::map<std::string, Function> functions{
    {"ackley", ackley}, {"rastrigin", rastrigin}, {"rosenbrock", rosenbrock}};

Box cube(Eigen::Index n, double lower, double upper) {
  return {Vector::Constant(n, lower), Vector::Constant(n, upper)};
}

void advance(Turbo& search, const Function& f, int batches = 1) {
  for (int i = 0; i < batches; ++i) {
    const Points points = search.ask();
    std::vector<double> values;
    for (Eigen::Index k = 0; k < points.rows(); ++k) values.push_back(f(points.row(k).transpose()));
    search.tell(values);
  }
}

double best_after(std::int64_t evaluations, Turbo search, const Function& f) {
  while (search.evaluations() < evaluations) advance(search, f);
  return search.best_value();
}

double best_of_random(Eigen::Index evaluations, const Box& box, std::uint64_t seed,
                      const Function& f) {
  const Eigen::Index n = box.lower.size();
  Points unit(evaluations, n);
  draw_uniform({unit.data(), static_cast<std::size_t>(unit.size())}, seed, 77, 0);
  double best = infinity;
  for (Eigen::Index i = 0; i < evaluations; ++i)
    best = std::min(best,
                    f(box.lower + (box.upper - box.lower).cwiseProduct(unit.row(i).transpose())));
  return best;
}

const TurboSettings small{.batch = 4, .initial = 8, .candidates = 100, .seed = 5};

}  // namespace

TEST_CASE("TuRBO is below random search for every seed, and as far as one on BoTorch's model") {
  const std::string path = PALIMPSEST_SOURCE_DIR "/tests/golden/optimizers/turbo.json";
  const auto bytes = tools::read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const nlohmann::json golden = tools::strict_json(text, {}, path);
  const auto number = [&](const char* name) { return golden.at(name).get<Eigen::Index>(); };
  const std::map<std::string, double> factors{// of random search's best
                                              {"ackley", 0.5},
                                              {"rastrigin", 0.9},
                                              {"rosenbrock", 0.4}};
  REQUIRE(golden.at("cases").size() == 3);
  for (const auto& row : golden.at("cases")) {
    const auto name = row.at("function").get<std::string>();
    CAPTURE(name);
    const Function& f = functions.at(name);
    const Box box =
        cube(number("dimension"), row.at("lower").get<double>(), row.at("upper").get<double>());
    constexpr std::uint64_t seeds = 5;
    std::vector<double> best;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      CAPTURE(seed);
      const Turbo search(box, {.batch = number("batch"),
                               .initial = number("initial"),
                               .candidates = number("candidates"),
                               .seed = seed});
      best.push_back(best_after(number("budget"), search, f));
      CHECK(best.back() < factors.at(name) * best_of_random(number("budget"), box, seed, f));
    }
    std::sort(best.begin(), best.end());
    // As in the test of CMA-ES; only worse would be a defect.
    const auto s = row.at("deviation_of_log").get<double>();
    const double error =
        1.2533 * s * std::sqrt(1.0 / seeds + 1 / static_cast<double>(number("seeds")));
    CHECK(std::log(best[seeds / 2] / row.at("median").get<double>()) < 3 * error);
  }
}

TEST_CASE("a region doubles after successes, halves after failures and counts them in a row") {
  const TrustRegionRules rules{.successes = 3, .failures = 2};
  TrustRegion region{0.8, 0, 0};
  region = updated(region, rules, true);
  region = updated(region, rules, true);
  CHECK(region == TrustRegion{0.8, 2, 0});
  region = updated(region, rules, false);
  CHECK(region == TrustRegion{0.8, 0, 1});
  region = updated(region, rules, false);
  CHECK(region == TrustRegion{0.4, 0, 0});
  for (int i = 0; i < 3; ++i) region = updated(region, rules, true);
  CHECK(region == TrustRegion{0.8, 0, 0});
  for (int i = 0; i < 6; ++i) region = updated(region, rules, true);
  CHECK(region.length == 1.6);  // and no further
}

TEST_CASE("failures until a region halves follow from dimension and batch") {
  CHECK(default_failures(128, 10) == 13);
  CHECK(default_failures(3, 10) == 1);
  CHECK(default_failures(3, 1) == 4);
}

TEST_CASE("a batch succeeds when it is better by a thousandth") {
  CHECK(improves(0.9, 1));
  CHECK_FALSE(improves(0.9995, 1));
  CHECK_FALSE(improves(-1.0005, -1));
  CHECK(improves(-1.01, -1));
}

TEST_CASE("a region's sides follow the lengths at constant volume and end at the cube") {
  Vector lengths(2), center(2);
  lengths << 0.1, 0.4;
  center << 0.5, 0.9;
  const Box sides = sides_of(0.4, center, lengths);
  CHECK(sides.upper[0] - sides.lower[0] == doctest::Approx(0.2).epsilon(1e-14));
  CHECK(sides.lower[1] == doctest::Approx(0.5).epsilon(1e-14));
  CHECK(sides.upper[1] == 1);
}

TEST_CASE("candidates lie in the region and change some twenty coordinates of the center") {
  const Vector center = Vector::Constant(100, 0.5);
  const Box sides = cube(100, 0.4, 0.7);
  const Points points = candidates_in(sides, center, 500, 1, 2);
  CHECK(points.minCoeff() >= 0.4);
  CHECK(points.maxCoeff() <= 0.7);
  const auto changed = (points.array() != 0.5).cast<int>().rowwise().sum().eval();
  CHECK(changed.minCoeff() >= 1);
  // Binomial: 20 with deviation 4, the mean of 500 with deviation 0.18.
  CHECK(changed.cast<double>().mean() == doctest::Approx(20).epsilon(0.05));
  CHECK(candidates_in(sides, center, 5, 1, 3) != points.topRows(5));
}

TEST_CASE("TuRBO opens with a Latin hypercube in batches and asks the same until told") {
  Turbo search(cube(3, -2, 2), {.batch = 4, .initial = 6});
  const Points first = search.ask();
  CHECK(first.rows() == 4);
  CHECK(search.ask() == first);
  advance(search, sphere);
  CHECK(search.ask().rows() == 2);
  advance(search, sphere);
  CHECK(search.ask().rows() == 4);
  CHECK(search.ask().maxCoeff() <= 2);
  CHECK(search.ask().minCoeff() >= -2);
}

TEST_CASE("TuRBO begins a new region when its own has shrunk away and keeps the best point") {
  Turbo search(cube(4, -1, 1), {.batch = 2, .initial = 4, .candidates = 40, .failures = 1});
  // Nothing improves after the opening. Six halvings lead to 0.0125, the seventh below 2^-7.
  advance(
      search, [](const Vector&) { return 1.0; }, 2 + 6);
  CHECK(search.restarts() == 0);
  CHECK(search.region().length == doctest::Approx(0.0125));
  advance(search, [](const Vector&) { return 1.0; });
  CHECK(search.restarts() == 1);
  CHECK(search.region() == TrustRegion{0.8, 0, 0});
  CHECK(search.best_value() == 1);
  CHECK(search.evaluations() == 18);
  CHECK(search.ask().rows() == 2);
}

TEST_CASE("values that are not finite lead TuRBO away from where they came") {
  const auto f = [](const Vector& x) {
    return x[0] < -0.5 ? nan : x[1] < -0.5 ? -infinity : sphere(x);
  };
  Turbo search(cube(3, -1, 2), small);
  advance(search, f, 12);
  CHECK(std::isfinite(search.best_value()));
  CHECK(search.best_value() < 0.5);
}

TEST_CASE("a batch without a finite value is refused and changes nothing, as is a wrong number") {
  Turbo search(cube(3, -1, 2), small);
  CHECK_THROWS_AS(search.tell(std::vector<double>(4, 0)), InputError);  // nothing was asked
  advance(search, sphere, 3);
  (void)search.ask();
  const NamedLiterals before = search.state();
  CHECK_THROWS_AS(advance(search, [](const Vector&) { return nan; }), NumericError);
  CHECK_THROWS_AS(search.tell(std::vector<double>(3, 0)), InputError);
  CHECK(search.state() == before);
}

TEST_CASE("TuRBO continues from a saved state to the same bits, also between ask and tell") {
  const Box box = cube(4, -3, 4);
  Turbo whole(box, small), first(box, small), second(box, small);
  advance(whole, rastrigin, 9);
  advance(first, rastrigin, 5);
  (void)first.ask();
  second.restore(first.state());
  advance(second, rastrigin, 4);
  CHECK(second.state() == whole.state());
  CHECK(second.ask() == whole.ask());
}

TEST_CASE("TuRBO refuses settings and states that describe no search") {
  CHECK_THROWS_AS(Turbo(Box{}), InputError);
  CHECK_THROWS_AS(Turbo(cube(2, 1, 1)), InputError);
  CHECK_THROWS_AS(Turbo(cube(2, 0, 1), {.batch = 0}), InputError);
  CHECK_THROWS_AS(Turbo(cube(2, 0, 1), {.batch = 10, .candidates = 5}), InputError);
  CHECK_THROWS_AS(Turbo(cube(2, 0, 1), {.first_length = 2}), InputError);
  Turbo search(cube(2, 0, 1), small);
  NamedLiterals state = search.state();
  CHECK_THROWS_AS(Turbo(cube(3, 0, 1), small).restore(state), InputError);
  state.erase(state.begin());
  CHECK_THROWS_AS(search.restore(state), InputError);
}

}  // namespace palimpsest::optimizers
