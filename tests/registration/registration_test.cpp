#include "registration/registration.h"

#include <doctest/doctest.h>

#include <Eigen/LU>

#include "registration/phase.h"
#include "tests/registration/photographs.h"

namespace palimpsest::registration {
namespace {

using namespace testing;
using Matrix3 = Eigen::Matrix3d;

const char* const large[] = {"astronaut-224", "cat-224", "coffee-224", "rocket-224"};
/// Some photographs of 32x32 pixels with structure everywhere.
const char* const small[] = {"astronaut-face", "astronaut", "camera-head", "cat",
                             "coffee-cup",     "coffee",    "gravel",      "astronaut-helmet"};

const RegistrationSettings rigid{.dense = false};

double corner_error(const Registration& found, const Matrix3& truth) {
  return corner_distance(found.homography, truth, found.flow.x.rows(), found.flow.x.cols());
}

/// A turn, a scale and a perspective about the centre of a 224x224 image; corners move by 15
/// pixels.
Matrix3 perspective() {
  Matrix3 h = similarity(224, 224, 5, 1.02, 4, 6);
  h(2, 0) = 2e-4;
  h(2, 1) = -1e-4;
  return h;
}

/// The mean distance of two maps over the pixels that `truth` keeps inside.
double mean_error(const Registration& found, const Field& truth) {
  const Eigen::Index rows = truth.x.rows(), columns = truth.x.cols();
  const Field got = plus(places(found.homography, rows, columns), found.flow);
  const Plane mask = inside(truth, rows, columns);
  const Plane error = ((got.x - truth.x).square() + (got.y - truth.y).square()).sqrt();
  return (error * mask).sum() / mask.sum();
}

bool is_identity(const Registration& found) {
  return found.homography == Matrix3::Identity() && (found.flow.x == 0).all() &&
         (found.flow.y == 0).all();
}

}  // namespace

TEST_CASE("phase correlation finds translations to a tenth of a pixel") {
  for (const std::string name : large) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    for (const auto& [x, y] : {std::pair{13.3, -7.6}, {40.5, 20.25}, {-0.4, 0.3}}) {
      const Literal fixed = seen_at(photo, translation(x, y));
      const Shift shift = phase_correlation(mean_of(planes(photo)), mean_of(planes(fixed)));
      CHECK(std::abs(shift.x - x) < 0.1);
      CHECK(std::abs(shift.y - y) < 0.1);
    }
  }
}

TEST_CASE(
    "translations are found to a few hundredths of a pixel, turns and perspectives to a quarter") {
  for (const std::string name : large) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    const auto error = [&](const Matrix3& h) {
      return corner_error(register_image(photo, seen_at(photo, h), rigid), h);
    };
    CHECK(error(translation(13.3, -7.6)) < 0.1);
    CHECK(error(similarity(224, 224, 8, 1.05, 5, -3)) < 0.25);
    CHECK(error(similarity(224, 224, 35, 1.2, 5, -3)) < 0.25);
    CHECK(error(similarity(224, 224, 150, 0.9, 5, -3)) < 0.25);
    CHECK(error(perspective()) < 0.25);
  }
}

TEST_CASE("images that were sampled independently are registered") {
  // Both lie between the pixels of a photograph twice as large, so neither is the other resampled.
  const Matrix3 twice = Eigen::Vector3d(2, 2, 1).asDiagonal();
  const Matrix3 one = similarity(224, 224, -2, 0.99, 1.3, 0.6);
  const Matrix3 other = similarity(224, 224, 4, 1.03, -5.2, 7.1);
  const auto half = [](const Literal& photo, const Matrix3& h) {
    std::vector<float> values;
    for (const Plane& channel : planes(seen_at(photo, h))) {
      const Plane small = halved(channel);
      for (Eigen::Index i = 0; i < small.size(); ++i)
        values.push_back(static_cast<float>(small.data()[i]));
    }
    return Literal::of<float>({3, 112, 112}, values);
  };
  for (const std::string name : large) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    const Registration found = register_image(half(photo, one), half(photo, other), rigid);
    // Of 112 pixels. The corners of the rocket's sky hold nothing, so there it is the worst.
    CHECK(corner_error(found, twice.inverse() * one.inverse() * other * twice) < 0.35);
  }
}

TEST_CASE("small photographs are registered too") {
  const Matrix3 h = similarity(32, 32, 6, 1.05, 1.5, -1);
  for (const std::string name : small) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    const Registration found = register_image(photo, seen_at(photo, h), rigid);
    CHECK(found.found);
    CHECK(corner_error(found, h) < 0.25);  // corners moved by 4.2
  }
}

TEST_CASE("noise costs a fraction of a pixel") {
  for (const std::string name : {"astronaut-224", "cat-224", "coffee-224"}) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    const Literal fixed = noisy(seen_at(photo, perspective()), 0.1, 1);
    const Registration found = register_image(noisy(photo, 0.1, 2), fixed, rigid);
    CHECK(found.found);
    CHECK(corner_error(found, perspective()) < 0.25);
  }
  // With noise eight parameters are too many for 32x32 pixels, six are not.
  const Matrix3 h = similarity(32, 32, 6, 1.05, 1.5, -1);
  for (const std::string name : small) {
    CAPTURE(name);
    const Literal photo = photograph(name);
    const Registration found =
        register_image(noisy(photo, 0.05, 2), noisy(seen_at(photo, h), 0.05, 1),
                       {.motion = Motion::affine, .dense = false});
    CHECK(found.found);
    CHECK(corner_error(found, h) < 0.6);
  }
}

TEST_CASE("other brightness and contrast do not matter") {
  const Literal photo = photograph("cat-224");
  const Literal fixed = seen_at(photo, perspective());
  std::vector<float> dim;
  for (const float value : fixed.values<float>()) dim.push_back(0.4f * value - 3);
  const Registration found = register_image(photo, Literal::of<float>(fixed.shape(), dim), rigid);
  CHECK(corner_error(found, perspective()) < 0.1);
}

TEST_CASE("smooth dense displacements are found to half a pixel in the mean") {
  for (const std::string name : {"astronaut-224", "cat-224", "coffee-224"})
    for (const double noise : {0.0, 0.1}) {
      CAPTURE(name);
      CAPTURE(noise);
      const Literal photo = photograph(name);
      const Field truth =
          plus(places(similarity(224, 224, 3, 1.02, 3.5, -2.8), 224, 224), wave(224, 224, 3));
      const Literal fixed = noisy(seen_at(photo, truth), noise, 1);
      const Registration found = register_image(noisy(photo, noise, 2), fixed);
      CHECK(mean_error(found, truth) < 0.5);
      // The homography alone leaves two pixels.
      const Registration flat = register_image(noisy(photo, noise, 2), fixed, rigid);
      CHECK(mean_error(flat, truth) > 1.5);
      CHECK(found.confidence > flat.confidence);
      CHECK(least_expansion(found.flow) > 0);
    }
}

TEST_CASE("equal images stay where they are, with confidence 1") {
  for (const std::string name : {"cat-224", "rocket"}) {
    const Literal photo = photograph(name);
    const Registration found = register_image(photo, photo);
    CHECK(found.found);
    CHECK(found.confidence == doctest::Approx(1).epsilon(1e-12));
    CHECK(is_identity(found));
    const Warped same = warped(photo, found);
    CHECK(same.image == photo);
    CHECK(same.mask == Literal::filled({DType::f32, {photo.shape()[1], photo.shape()[2]}}, 1));
  }
}

TEST_CASE("constant images are left where they are, with confidence 0") {
  const Literal photo = photograph("cat");
  const Literal flat = Literal::filled(photo.type(), 0.3);
  for (const auto& [moving, fixed] :
       {std::pair{photo, flat}, std::pair{flat, photo}, std::pair{flat, flat}}) {
    const Registration found = register_image(moving, fixed);
    CHECK_FALSE(found.found);
    CHECK(found.confidence == 0);
    CHECK(is_identity(found));
  }
}

TEST_CASE("unrelated photographs are left where they are, with low confidence") {
  for (const std::string a : large)
    for (const std::string b : large) {
      if (a >= b) continue;
      CAPTURE(a);
      CAPTURE(b);
      const Registration found = register_image(photograph(a), photograph(b), rigid);
      CHECK_FALSE(found.found);
      CHECK(found.confidence < 0.2);
      CHECK(is_identity(found));
    }
  // 32x32 pixels hold so little that a pair may resemble each other: two bright discs do.
  int pairs = 0, found = 0;
  for (const std::string a : small)
    for (const std::string b : small) {
      if (a == b) continue;
      ++pairs;
      found += register_image(photograph(a), photograph(b), rigid).found ? 1 : 0;
    }
  CHECK(50 * found <= pairs);
}

TEST_CASE("warping by what was found shows the fixed image where the mask is 1") {
  const Literal photo = photograph("coffee-224");
  const Literal fixed = seen_at(photo, perspective());
  const Warped result = warped(photo, register_image(photo, fixed));
  const Plane mask = Eigen::Map<const Eigen::Array<float, 224, 224, Eigen::RowMajor>>(
                         result.mask.values<float>().data())
                         .cast<double>();
  CHECK(mask.sum() < 224 * 224);
  CHECK(mask.sum() > 0.8 * 224 * 224);
  const std::vector<Plane> a = planes(result.image), b = planes(fixed);
  for (std::size_t c = 0; c < 3; ++c)
    CHECK(((a[c] - b[c]).square() * mask).sum() / mask.sum() < 1e-5);  // 50 dB
}

TEST_CASE("registration gives the same bits every time") {
  const Literal photo = photograph("cat");
  const Literal fixed = noisy(seen_at(photo, translation(1.3, 0.4)), 0.02, 1);
  const Registration a = register_image(photo, fixed), b = register_image(photo, fixed);
  CHECK(a.homography == b.homography);
  CHECK((a.flow.x == b.flow.x).all());
  CHECK(a.confidence == b.confidence);
}

}  // namespace palimpsest::registration
