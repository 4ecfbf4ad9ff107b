#include "registration/plane.h"

#include <doctest/doctest.h>

#include <limits>

#include "graph/error.h"
#include "registration/align.h"
#include "tests/registration/photographs.h"

namespace palimpsest::registration {
namespace {

using namespace testing;

/// A plane that is linear in x and y.
Plane slope() {
  const Field at = pixels(9, 12);
  return 2 + 3 * at.x - 0.5 * at.y;
}

}  // namespace

TEST_CASE("bilinear interpolation is exact for linear images and repeats the border") {
  const Plane plane = slope();
  const Field at = places(translation(1.25, -0.5), 9, 12);
  const Plane seen = sampled(plane, at);
  CHECK(seen(4, 5) == doctest::Approx(2 + 3 * 6.25 - 0.5 * 3.5).epsilon(1e-14));
  CHECK(seen(0, 11) == plane(0, 11));
  const Plane mask = inside(at, 9, 12);
  CHECK(mask(1, 10) == 0);  // 11.25 is beyond the last centre
  CHECK(mask(1, 9) == 1);
  CHECK(mask(0, 5) == 0);
  CHECK(mask.sum() == 8 * 10);
}

TEST_CASE("derivatives of a linear image are its slopes, at the border too") {
  const Field slopes = gradient(slope());
  CHECK((slopes.x - 3).abs().maxCoeff() < 1e-13);
  CHECK((slopes.y + 0.5).abs().maxCoeff() < 1e-13);
}

TEST_CASE("smoothing keeps constants and halving keeps places") {
  CHECK((smoothed(Plane::Constant(10, 8, 0.7), 2) - 0.7).abs().maxCoeff() < 1e-14);
  const Plane half = halved(slope());
  CHECK(half.rows() == 5);
  CHECK(half.cols() == 6);
  // Away from the border: pixel (2, 3) is (4, 6) of the whole.
  CHECK(half(2, 3) == doctest::Approx(slope()(4, 6)).epsilon(1e-12));
}

TEST_CASE("correlation is that of the masked pixels and 0 for constants") {
  const Plane a = slope();
  Plane b = 5 - 2 * a, mask = Plane::Ones(9, 12);
  CHECK(correlation(a, b, mask) == doctest::Approx(-1).epsilon(1e-12));
  b(0, 0) = 1e6;
  mask(0, 0) = 0;
  CHECK(correlation(a, b, mask) == doctest::Approx(-1).epsilon(1e-12));
  CHECK(correlation(a, Plane::Constant(9, 12, 0.1), mask) == 0);
  CHECK(correlation(a, a, Plane::Zero(9, 12)) == 0);
}

TEST_CASE("the distance of homographies is that of the corners they move most") {
  const Eigen::Matrix3d one = Eigen::Matrix3d::Identity();
  CHECK(corner_distance(one, translation(3, 4), 20, 30) == doctest::Approx(5));
  CHECK(corner_distance(one, 2 * one, 20, 30) == 0);  // the same map
  Eigen::Matrix3d wide = one;
  wide(0, 0) = 2;
  CHECK(corner_distance(one, wide, 20, 30) == doctest::Approx(29));
}

TEST_CASE("images that cannot be registered are refused") {
  const Literal wrong_rank = Literal::filled({DType::f32, Shape{8, 8}}, 0);
  const Literal wrong_type = Literal::filled({DType::f64, Shape{1, 8, 8}}, 0);
  const Literal small = Literal::filled({DType::f32, Shape{1, 7, 8}}, 0);
  const Literal nan =
      Literal::filled({DType::f32, Shape{1, 8, 8}}, std::numeric_limits<double>::quiet_NaN());
  for (const Literal& image : {wrong_rank, wrong_type, small, nan})
    CHECK_THROWS_AS(register_image(image, image), InputError);
  const Literal one = Literal::filled({DType::f32, Shape{1, 8, 8}}, 0);
  const Literal other = Literal::filled({DType::f32, Shape{1, 8, 9}}, 0);
  CHECK_THROWS_AS(register_image(one, other), InputError);
  CHECK_THROWS_AS(warped(other, register_image(one, one)), InputError);
}

}  // namespace palimpsest::registration
