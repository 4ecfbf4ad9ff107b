#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "inversion/metrics.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::uniform;

Literal random_images(const Shape& shape, std::uint64_t seed) {
  return uniform({DType::f32, shape}, seed);
}

template <class Change>
Literal changed(const Literal& images, Change change) {
  std::vector<float> values(images.values<float>().begin(), images.values<float>().end());
  for (float& value : values) value = static_cast<float>(change(static_cast<double>(value)));
  return Literal::of<float>(images.shape(), values);
}

/// Moved cyclically by (dy, dx).
Literal rolled(const Literal& images, std::int64_t dy, std::int64_t dx) {
  const Shape& shape = images.shape();
  const std::int64_t rows = shape[2], columns = shape[3];
  const auto in = images.values<float>();
  std::vector<float> out(in.size());
  for (std::int64_t plane = 0; plane < shape[0] * shape[1]; ++plane)
    for (std::int64_t y = 0; y < rows; ++y)
      for (std::int64_t x = 0; x < columns; ++x) {
        const std::int64_t from = (y + dy) % rows * columns + (x + dx) % columns;
        out[static_cast<std::size_t>((plane * rows + y) * columns + x)] =
            in[static_cast<std::size_t>(plane * rows * columns + from)];
      }
  return Literal::of<float>(shape, out);
}

/// |F| at one frequency by its definition, F scaled by 1 / sqrt(rows columns).
double magnitude(const Literal& image, std::int64_t v, std::int64_t u) {
  const std::int64_t rows = image.shape()[2], columns = image.shape()[3];
  std::complex<double> sum = 0;
  for (std::int64_t y = 0; y < rows; ++y)
    for (std::int64_t x = 0; x < columns; ++x) {
      const double turns = static_cast<double>(v * y) / static_cast<double>(rows) +
                           static_cast<double>(u * x) / static_cast<double>(columns);
      sum += std::polar(double{image.values<float>()[static_cast<std::size_t>(y * columns + x)]},
                        -2 * std::numbers::pi * turns);
    }
  return std::abs(sum) / std::sqrt(static_cast<double>(rows * columns));
}

}  // namespace

// Images are f32, transforms f64: what is equal in exact arithmetic agrees to some 1e-7.
TEST_CASE("FFT2D is the distance of magnitudes, by the definition of the transform") {
  const Literal a = random_images({1, 1, 3, 5}, 1), b = random_images({1, 1, 3, 5}, 2);
  double sum = 0;
  for (std::int64_t v = 0; v < 3; ++v)
    for (std::int64_t u = 0; u < 5; ++u)
      sum += std::pow(magnitude(a, v, u) - magnitude(b, v, u), 2);
  CHECK(spectral_distance(a, 0, b, 0) == doctest::Approx(std::sqrt(sum / 15)).epsilon(1e-12));
}

TEST_CASE("FFT2D of an image and itself moved cyclically is zero, whatever the size") {
  for (const Shape& shape : {Shape{1, 3, 32, 32}, Shape{1, 1, 13, 17}, Shape{1, 2, 1, 9}}) {
    CAPTURE(shape);
    const Literal image = random_images(shape, 3), moved = rolled(image, 5, 2);
    CHECK(mean_squared_error(image, 0, moved, 0) > 0.05);
    CHECK(spectral_distance(image, 0, moved, 0) < 1e-12);
  }
}

TEST_CASE("FFT2D of a change of brightness or contrast is that change, whatever the size") {
  for (const Shape& shape : {Shape{1, 1, 4, 4}, Shape{1, 3, 30, 7}}) {
    CAPTURE(shape);
    const Literal image = random_images(shape, 4), black = changed(image, [](double) { return 0; });
    const Literal brighter = changed(image, [](double x) { return x + 0.25; });
    const Literal halved = changed(image, [](double x) { return x / 2; });
    CHECK(spectral_distance(image, 0, brighter, 0) == doctest::Approx(0.25).epsilon(1e-6));
    CHECK(spectral_distance(image, 0, halved, 0) ==
          doctest::Approx(std::sqrt(mean_squared_error(image, 0, black, 0)) / 2).epsilon(1e-12));
  }
}

TEST_CASE("FFT2D is at most the root of the squared error, and truly less where phases differ") {
  const Literal a = random_images({4, 3, 12, 15}, 5), b = random_images({4, 3, 12, 15}, 6);
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t j = 0; j < 4; ++j) {
      const double root = std::sqrt(mean_squared_error(a, i, b, j));
      CHECK(spectral_distance(a, i, b, j) < 0.8 * root);
      CHECK(spectral_distance(a, i, b, j) > 0.1 * root);
      CHECK(spectral_distance(a, i, b, j) == spectral_distance(b, j, a, i));
    }
}

TEST_CASE("FFT2D refuses images of different sizes") {
  const Literal a = random_images({1, 1, 8, 8}, 7), b = random_images({1, 1, 8, 9}, 8);
  CHECK_THROWS_AS(spectral_distance(a, 0, b, 0), InputError);
}

TEST_CASE("scores of images have FFT2D by pair and in the mean, and pairs can be lined up") {
  const Literal truth = random_images({3, 1, 12, 12}, 9);
  std::vector<float> values;
  for (const std::size_t k : {2U, 0U, 1U})
    for (const float value : truth.values<float>().subspan(k * 144, 144))
      values.push_back(value / 2);
  const Literal recovered = Literal::of<float>(truth.shape(), values);
  const ImageScores scores = score_images(recovered, truth);
  double mean = 0;
  for (const ImageScore& score : scores.images) {
    CHECK(score.spectral_distance ==
          spectral_distance(recovered, score.recovered, truth, score.truth));
    mean += score.spectral_distance / 3;
  }
  CHECK(scores.spectral_distance == doctest::Approx(mean));
  CHECK(paired(recovered, scores) == changed(truth, [](double x) { return x / 2; }));
  CHECK_THROWS_AS(paired(random_images({2, 1, 12, 12}, 1), scores), InputError);
}

TEST_CASE("images that are not finite are refused, not assigned") {
  const float nan = std::nanf("");
  const Literal broken = Literal::of<float>({2, 1, 1, 1}, std::vector<float>{nan, 0.5F});
  const Literal truth = Literal::of<float>({2, 1, 1, 1}, std::vector<float>{0.1F, 0.5F});
  CHECK_THROWS_AS(score_images(broken, truth), InputError);
}

}  // namespace palimpsest::inversion
