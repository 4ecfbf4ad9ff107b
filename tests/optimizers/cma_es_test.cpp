#include "optimizers/cma_es.h"

#include <doctest/doctest.h>

#include <Eigen/QR>
#include <algorithm>
#include <map>
#include <string>

#include "tests/optimizers/cma_es_runs.h"
#include "tools/io/files.h"
#include "tools/io/strict_json.h"

namespace palimpsest::optimizers {
namespace {

using namespace testing;

const std::map<std::string, Function> functions{{"sphere", sphere},
                                                {"ellipsoid", ellipsoid},
                                                {"rosenbrock", rosenbrock},
                                                {"ackley", ackley},
                                                {"rastrigin", rastrigin}};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A rotation that mixes all coordinates.
Eigen::MatrixXd rotation(Eigen::Index n) {
  std::vector<double> draws(static_cast<std::size_t>(n * n));
  draw_normal(draws, 5, 5, 5);
  const Eigen::Map<const Eigen::MatrixXd> random(draws.data(), n, n);
  return Eigen::HouseholderQR<Eigen::MatrixXd>(random).householderQ();
}

}  // namespace

TEST_CASE("CMA-ES finds the minimum of smooth functions in several dimensions, for every seed") {
  for (const Eigen::Index n : {2, 5, 12, 30})
    for (std::uint64_t seed = 0; seed < 4; ++seed)
      for (const std::string name : {"sphere", "ellipsoid"}) {
        CAPTURE(n);
        CAPTURE(seed);
        CAPTURE(name);
        CmaEs search(filled(n, 1), 0.5, {.seed = seed});
        CHECK(evaluations_to(1e-14, search, functions.at(name)) < infinity);
        CHECK(search.best().norm() < 1e-6);  // f >= |x|^2
      }
}

TEST_CASE("CMA-ES follows the Rosenbrock valley to its end") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    CAPTURE(seed);
    CmaEs search(filled(8, 0), 0.2, {.seed = seed});
    // One run in several ends in the local minimum near (-1, 1, ..., 1), whose value is above 3.
    const bool global = evaluations_to(1e-12, search, rosenbrock) < infinity;
    if (global)
      CHECK((search.best() - filled(8, 1)).norm() < 1e-4);
    else
      CHECK(search.best_value() == doctest::Approx(3.98).epsilon(0.01));
  }
}

TEST_CASE("CMA-ES finds the global minimum among many with a larger population and restarts") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    CAPTURE(seed);
    CmaEs funnel(filled(10, 2), 1, {.population = 30, .seed = seed});
    CHECK(evaluations_to(1e-10, funnel, ackley) < infinity);
    // Auger and Hansen 2005: each restart doubles the population.
    bool found = false;
    for (Eigen::Index population = 40; !found && population <= 640; population *= 2) {
      CmaEs bowl(filled(6, 2), 2, {.population = population, .seed = seed});
      found = evaluations_to(1e-10, bowl, rastrigin) < infinity;
    }
    CHECK(found);
  }
}

TEST_CASE("CMA-ES takes as many evaluations as the reference, to the spread of seeds") {
  const std::string path = PALIMPSEST_SOURCE_DIR "/tests/golden/optimizers/cma_es.json";
  const auto bytes = tools::read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const nlohmann::json golden = tools::strict_json(text, {}, path);
  REQUIRE(golden.at("cases").size() == 8);
  for (const auto& row : golden.at("cases")) {
    const auto name = row.at("function").get<std::string>();
    const auto n = row.at("dimension").get<Eigen::Index>();
    CAPTURE(name);
    CAPTURE(n);
    constexpr std::uint64_t seeds = 25;
    std::vector<double> counts;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      CmaEs search(filled(n, row.at("start").get<double>()), row.at("step_size").get<double>(),
                   {.population = row.at("population").get<Eigen::Index>(), .seed = seed});
      counts.push_back(evaluations_to(row.at("target").get<double>(), search, functions.at(name)));
    }
    // The median of N logarithms with deviation s has deviation sqrt(pi / 2) s / sqrt(N). Both
    // sides' together, four times.
    const auto s = row.at("deviation_of_log").get<double>();
    const double error = 1.2533 * s * std::sqrt(1.0 / seeds + 1 / row.at("seeds").get<double>());
    const double ratio = median(counts) / row.at("median").get<double>();
    CAPTURE(ratio);
    CHECK(std::abs(std::log(ratio)) < 4 * error);
  }
}

TEST_CASE("CMA-ES needs no more evaluations when the space is rotated") {
  constexpr Eigen::Index n = 8;
  const Eigen::MatrixXd turn = rotation(n);
  std::vector<double> plain, turned;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    CmaEs a(filled(n, 1), 0.5, {.seed = seed}),
        b(turn.transpose() * filled(n, 1), 0.5, {.seed = seed});
    plain.push_back(evaluations_to(1e-10, a, ellipsoid));
    turned.push_back(
        evaluations_to(1e-10, b, [&](const Vector& x) { return ellipsoid(turn * x); }));
  }
  // Counts spread by about 6 % (deviation_of_log in tests/golden), two medians of 15 by 3 %.
  CHECK(median(turned) / median(plain) == doctest::Approx(1).epsilon(0.12));
}

TEST_CASE("CMA-ES sees only the order of the values") {
  CmaEs a(filled(6, 1), 0.5), b(filled(6, 1), 0.5);
  advance(a, sphere, 40);
  advance(
      b, [](const Vector& x) { return std::log(sphere(x)) - 7; }, 40);
  CHECK(a.best() == b.best());
  CHECK(a.step_size() == b.step_size());
}

TEST_CASE("CMA-ES learns the inverse of the curvatures") {
  CmaEs search(filled(5, 1), 0.5, {.seed = 3, .tolerance_value = 0});
  CHECK(evaluations_to(1e-16, search, ellipsoid) < infinity);
  const Points c = search.covariance();
  // Curvatures of first and last axis differ by 10^6.
  CHECK(c(0, 0) / c(4, 4) > 1e5);
  CHECK(c(0, 0) / c(4, 4) < 1e7);
}

TEST_CASE("active CMA-ES needs fewer evaluations on an ellipsoid") {
  std::vector<double> plain, active;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    CmaEs a(filled(10, 1), 0.5, {.seed = seed}),
        b(filled(10, 1), 0.5, {.seed = seed, .active = true});
    plain.push_back(evaluations_to(1e-10, a, ellipsoid));
    active.push_back(evaluations_to(1e-10, b, ellipsoid));
  }
  CHECK(median(active) < 0.9 * median(plain));
}

TEST_CASE("CMA-ES has the tutorial's constants") {
  const CmaEsConstants c = cma_es_constants(10, default_population(10), true);
  CHECK(default_population(10) == 10);
  CHECK(c.parents == 5);
  CHECK(c.weights.head(5).sum() == doctest::Approx(1));
  // By hand from table 1 for n = 10, lambda = 10.
  CHECK(c.weights[0] == doctest::Approx(0.45627265).epsilon(1e-7));
  CHECK(c.mu_effective == doctest::Approx(3.16729929).epsilon(1e-7));
  CHECK(c.c_sigma == doctest::Approx(5.16729929 / 18.16729929).epsilon(1e-7));
  CHECK(c.d_sigma == doctest::Approx(1 + c.c_sigma));
  CHECK(c.c_1 == doctest::Approx(2 / (127.69 + 3.16729929)).epsilon(1e-7));
  CHECK(c.c_mu == doctest::Approx(2 * (0.25 + 3.16729929 + 1 / 3.16729929 - 2) / 147.16729929));
  CHECK(c.weights.tail(5).maxCoeff() < 0);
  CHECK(cma_es_constants(10, 10, false).weights.tail(5).isZero());
}

}  // namespace palimpsest::optimizers
