#include "inversion/identification.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

Literal rows(std::int64_t count, const std::vector<float>& values) {
  return Literal::of<float>({count, static_cast<std::int64_t>(values.size()) / count}, values);
}

}  // namespace

TEST_CASE("a recovered image is identified when its original is the nearest of the pool") {
  const Literal truth = rows(3, {0, 0, 10, 0, 0, 10});
  const Literal pool = rows(2, {9, 9, 0, 7});
  // Near the first, near the second, and nearer a distractor than the third.
  const Literal recovered = rows(3, {1, 1, 9, 1, 0, 8});
  const Identification found = identification(recovered, truth, pool, Nearness::squared_error);
  CHECK(found.hits == std::vector<double>{1, 1, 0});
  CHECK(found.precision == doctest::Approx(2.0 / 3));
  CHECK(found.pool == 5);
  CHECK(found.chance == doctest::Approx(0.2));
  CHECK(found.assigned_chance == doctest::Approx(0.6));
}

TEST_CASE("identification by cosine looks at directions, not at lengths") {
  const Literal truth = rows(1, {1, 1}), pool = rows(1, {100, 0});
  const Literal recovered = rows(1, {90, 80});
  CHECK(identification(recovered, truth, pool, Nearness::cosine).precision == 1);
  CHECK(identification(recovered, truth, pool, Nearness::squared_error).precision == 0);
}

TEST_CASE("a space in which all images are equal identifies at chance") {
  const Literal truth = rows(2, {1, 2, 1, 2}), pool = rows(3, {1, 2, 1, 2, 1, 2});
  const Identification found = identification(truth, truth, pool, Nearness::squared_error);
  CHECK(found.precision == doctest::Approx(found.chance));
  const Literal zero = rows(2, {0, 0, 0, 0});
  CHECK(identification(zero, truth, pool, Nearness::cosine).precision ==
        doctest::Approx(found.chance));
}

TEST_CASE("noise that belongs to no original is identified about as often as chance says") {
  const Shape shape{200, 8};
  const auto noise = [&](std::uint64_t seed) {
    return small_models::uniform({DType::f64, shape}, seed);
  };
  const Identification found =
      identification(noise(1), noise(2), noise(3), Nearness::squared_error);
  CHECK(found.pool == 400);
  // 200 draws with chance 1/400: half a hit expected; six or more once in 10^5.
  CHECK(found.precision * 200 < 6);
}

TEST_CASE("copies of the originals are taken out of the pool") {
  const Literal truth = rows(2, {1, 2, 3, 4});
  CHECK(without_originals(rows(3, {3, 4, 5, 6, 1, 2}), truth) == rows(1, {5, 6}));
  CHECK_FALSE(without_originals(truth, truth));
  CHECK_THROWS_AS(without_originals(rows(1, {1, 2, 3}), truth), InputError);
}

TEST_CASE("identification refuses rows that do not fit and distances that are not finite") {
  const Literal truth = rows(2, {1, 2, 3, 4});
  const auto refused = [&](const Literal& recovered, const std::optional<Literal>& pool) {
    CHECK_THROWS_AS(identification(recovered, truth, pool, Nearness::squared_error), InputError);
  };
  refused(rows(1, {1, 2}), std::nullopt);
  refused(truth.converted(DType::f64), std::nullopt);
  refused(truth, rows(1, {1, 2, 3}));
  refused(rows(2, {1, 2, std::nanf(""), 4}), std::nullopt);
}

}  // namespace palimpsest::inversion
