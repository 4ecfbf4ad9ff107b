#include "inversion/registered.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/metrics.h"
#include "tests/registration/photographs.h"

namespace palimpsest::inversion {
namespace {

using registration::testing::noisy;
using registration::testing::photograph;
using registration::testing::seen_at;

Literal batch(const Literal& image) {
  const Shape& shape = image.shape();
  return image.reshaped({1, shape[0], shape[1], shape[2]});
}

double plain_psnr(const Literal& a, const Literal& b) {
  return psnr(mean_squared_error(a, 0, b, 0));
}

}  // namespace

TEST_CASE("a photograph moved by whole pixels scores high once it is registered") {
  const Literal image = photograph("astronaut-224");
  const Literal moved = batch(seen_at(image, registration::translation(9, -5)));
  const Literal truth = batch(image);
  const RegisteredScore score = registered_score(moved, 0, truth, 0);
  CHECK(plain_psnr(moved, truth) < 18);
  CHECK(score.found);
  CHECK(score.confidence > 0.98);
  // Placed to 0.05 pixels, which is far less than what 40 dB ask for.
  CHECK(score.psnr > 40);
}

TEST_CASE("registration leaves alone what is in place, but for noise that interpolation smooths") {
  const Literal image = photograph("cat-224");
  const Literal truth = batch(image);
  CHECK(std::isinf(registered_score(truth, 0, truth, 0).psnr));
  const Literal noised = batch(noisy(image, 0.05, 1));
  const double gain = registered_score(noised, 0, truth, 0).psnr - plain_psnr(noised, truth);
  // Half a pixel off along both axes the noise's power falls to a quarter, 6 dB; 0.1 pixels off to
  // (1 - 2 * 0.1 * 0.9)^2, 1.7 dB.
  CHECK(gain > -0.1);
  CHECK(gain < 1.7);
}

TEST_CASE("where registration finds nothing the plain PSNR stands, and says so") {
  const Literal coffee = batch(photograph("coffee-224")), rocket = batch(photograph("rocket-224"));
  const RegisteredScore score = registered_score(coffee, 0, rocket, 0);
  CHECK_FALSE(score.found);
  CHECK(score.confidence < 0.5);
  CHECK(score.psnr == plain_psnr(coffee, rocket));
}

TEST_CASE("images too small to register have no registered PSNR") {
  const Literal small = Literal::filled({DType::f32, {1, 3, 7, 16}}, 0.5);
  const RegisteredScore score = registered_score(small, 0, small, 0);
  CHECK(std::isnan(score.psnr));
  CHECK_FALSE(score.found);
}

}  // namespace palimpsest::inversion
