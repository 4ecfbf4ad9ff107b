#include <doctest/doctest.h>

#include <algorithm>

#include "graph/error.h"
#include "tests/optimizers/cma_es_runs.h"

namespace palimpsest::optimizers {
namespace {

using namespace testing;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Box cube(Eigen::Index n, double lower, double upper) {
  return {filled(n, lower), filled(n, upper)};
}

}  // namespace

TEST_CASE("CMA-ES stays in its box and finds a minimum at its border") {
  // The nearest point of the cube to (3, ..., 3) is its corner.
  const auto f = [](const Vector& x) { return ellipsoid(x - filled(6, 3)); };
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    CmaEs search(filled(6, 0), 0.5, {.seed = seed, .box = cube(6, -1, 2)});
    while (!search.stopped()) {
      const Points points = search.ask();
      REQUIRE(points.minCoeff() >= -1);
      REQUIRE(points.maxCoeff() <= 2);
      search.tell(values_at(points, f));
    }
    CHECK((search.best() - filled(6, 2)).cwiseAbs().maxCoeff() < 1e-6);
    CHECK(search.mean().maxCoeff() <= 2);
  }
}

TEST_CASE("a box that holds all candidates changes none of them, and the start is where it was") {
  CmaEs free(filled(4, 0.5), 0.01), boxed(filled(4, 0.5), 0.01, {.box = cube(4, -1, 2)});
  CHECK(free.ask() == boxed.ask());
  for (const double at : {-1.0, -0.99, 0.0, 1.99, 2.0}) {
    CAPTURE(at);
    CHECK(CmaEs(filled(2, at), 1, {.box = cube(2, -1, 2)}).mean()[0] ==
          doctest::Approx(at).epsilon(1e-14));
  }
}

TEST_CASE("values that are not finite rank last and leave the distribution finite") {
  // No value at all in half the space: the search stays in the other half.
  const auto f = [](const Vector& x) {
    if (x[0] < 0) return nan;
    return x[1] < -2 ? -infinity : sphere(x - filled(x.size(), 0.5));
  };
  CmaEs search(filled(5, 1), 1, {.seed = 2});
  CHECK(evaluations_to(1e-12, search, f) < infinity);

  CmaEs a(filled(4, 1), 0.3), b(filled(4, 1), 0.3);
  std::vector<double> values = values_at(a.ask(), sphere), worst = values;
  const auto last = std::max_element(values.begin(), values.end()) - values.begin();
  worst[static_cast<std::size_t>(last)] = nan;
  a.tell(values);
  b.tell(worst);
  CHECK(a.ask() == b.ask());
}

TEST_CASE("a generation without a finite value is refused and changes nothing") {
  CmaEs search(filled(3, 1), 0.3);
  advance(search, sphere, 3);
  const NamedLiterals before = search.state();
  CHECK_THROWS_AS(advance(search, [](const Vector&) { return nan; }), NumericError);
  CHECK_THROWS_AS(search.tell(std::vector<double>{1, 2}), InputError);
  CHECK(search.state() == before);
}

TEST_CASE("CMA-ES continues from a saved state to the same bits") {
  for (const bool active : {false, true}) {
    const CmaEsSettings settings{.seed = 9, .active = active, .box = cube(20, -3, 3)};
    CmaEs whole(filled(20, 1), 0.5, settings), first(filled(20, 1), 0.5, settings);
    advance(whole, rastrigin, 60);
    advance(first, rastrigin, 23);
    CmaEs second(filled(20, 1), 0.5, settings);
    second.restore(first.state());
    advance(second, rastrigin, 37);
    CHECK(second.state() == whole.state());
    CHECK(second.ask() == whole.ask());
  }
}

TEST_CASE("seeds give different searches, equal seeds the same") {
  const auto points = [](std::uint64_t seed) {
    return CmaEs(filled(4, 0), 1, {.seed = seed}).ask();
  };
  CHECK(points(1) == points(1));
  CHECK(points(1) != points(2));
}

TEST_CASE("CMA-ES says why it stops") {
  CmaEs flat(filled(3, 1), 0.5);
  while (!flat.stopped()) advance(flat, [](const Vector&) { return 4.0; });
  CHECK(*flat.stopped() == CmaEsStop::values);

  CmaEs slope(filled(3, 1), 1e-3);
  while (!slope.stopped()) advance(slope, [](const Vector& x) { return x[0]; });
  CHECK(*slope.stopped() == CmaEsStop::growth);

  CmaEs narrow(filled(4, 1), 0.5, {.tolerance_x = 1e-5, .tolerance_value = 0});
  while (!narrow.stopped()) advance(narrow, sphere);
  CHECK(*narrow.stopped() == CmaEsStop::spread);

  CmaEs long_valley(filled(4, 1), 0.5, {.largest_condition = 1e3});
  while (!long_valley.stopped()) advance(long_valley, ellipsoid);
  CHECK(*long_valley.stopped() == CmaEsStop::condition);

  CmaEs far(filled(4, 1e9), 0.5, {.tolerance_x = 0, .tolerance_value = 0});
  while (!far.stopped()) advance(far, [](const Vector& x) { return sphere(x - filled(4, 1e9)); });
  CHECK(*far.stopped() == CmaEsStop::no_effect_axis);
}

TEST_CASE("CMA-ES refuses what it cannot search from") {
  CHECK_THROWS_AS(CmaEs(Vector(), 1), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, nan), 1), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, 0), 0), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, 0), 1, {.population = 1}), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, 5), 1, {.box = cube(2, 0, 1)}), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, 0), 1, {.box = cube(3, 0, 1)}), InputError);
  CHECK_THROWS_AS(CmaEs(filled(2, 0), 1, {.box = cube(2, 1, 0)}), InputError);
  CmaEs search(filled(2, 0), 1);
  NamedLiterals state = search.state();
  state.pop_back();
  CHECK_THROWS_AS(search.restore(state), InputError);
  CHECK_THROWS_AS(CmaEs(filled(3, 0), 1).restore(search.state()), InputError);
}

}  // namespace palimpsest::optimizers
