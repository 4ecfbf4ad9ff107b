#pragma once
// The arithmetic behind Random, written once for every device: the Philox 4x32-10 generator
// and the maps from its words to numbers. Only +, -, *, /, sqrt and integers in f64, no
// library functions, so that devices agree to the bit where products are not contracted.

#include <cmath>
#include <cstdint>

#include "ops/host_device.h"
#include "ops/polynomial.h"

namespace palimpsest {

/// The four words of one Philox block.
struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011) for a 128-bit counter and a 64-bit key.
PALIMPSEST_HOST_DEVICE inline PhiloxBlock philox(std::uint64_t counter_low,
                                                 std::uint64_t counter_high, std::uint64_t key) {
  const auto low_word = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high_word = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  std::uint32_t c0 = low_word(counter_low), c1 = high_word(counter_low);
  std::uint32_t c2 = low_word(counter_high), c3 = high_word(counter_high);
  std::uint32_t k0 = low_word(key), k1 = high_word(key);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c0;
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c2;
    c0 = high_word(p1) ^ c1 ^ k0;
    c1 = low_word(p1);
    c2 = high_word(p0) ^ c3 ^ k1;
    c3 = low_word(p0);
    k0 += 0x9E3779B9;  // Weyl sequences: the golden ratio and sqrt(3) - 1
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

/// A bijection of 64-bit numbers that leaves no pattern (splitmix64's finaliser).
PALIMPSEST_HOST_DEVICE inline std::uint64_t scrambled(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// 53 random bits as a number in [0, 1).
PALIMPSEST_HOST_DEVICE inline double unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

/// log(u) for u in (0, 1]: u = m 2^e with m in [sqrt(1/2), sqrt(2)), and
/// log(m) = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172, by its series to s^21.
PALIMPSEST_HOST_DEVICE inline double log_of_unit(double u) {
  int exponent = 0;
  while (u < 0.70710678118654752) {
    u *= 2;
    --exponent;
  }
  const double s = (u - 1) / (u + 1);
  return exponent * 0.69314718055994531 + 2 * s *
                                              polynomial(s * s, 1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7,
                                                         1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15,
                                                         1.0 / 17, 1.0 / 19, 1.0 / 21);
}

struct Angle {
  double cosine, sine;
};

/// cos(2 pi u) and sin(2 pi u) for u in [0, 1): exact reduction to an eighth of a turn around
/// the nearest quarter, then the Taylor series to x^18 and x^19.
PALIMPSEST_HOST_DEVICE inline Angle angle_of_turn(double u) {
  const int quarter = (static_cast<int>(8 * u) + 1) / 2;
  const double x = (u - 0.25 * quarter) * 6.28318530717958648;
  const double cosine = polynomial(x * x, 1.0, -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320,
                                   -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200,
                                   1.0 / 20922789888000, -1.0 / 6402373705728000);
  const double sine = x * polynomial(x * x, 1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880,
                                     -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000,
                                     1.0 / 355687428096000, -1.0 / 121645100408832000);
  switch (quarter % 4) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

/// Two elements of a stream, 2 * block and 2 * block + 1.
struct Draws {
  double element[2];
};

PALIMPSEST_HOST_DEVICE inline Draws uniform_draws(const PhiloxBlock& block) {
  return {
      {unit_interval(block.word[0], block.word[1]), unit_interval(block.word[2], block.word[3])}};
}

/// The same for an f32 tensor: 24 bits an element, so that rounding never reaches 1.
PALIMPSEST_HOST_DEVICE inline Draws uniform_draws_f32(const PhiloxBlock& block) {
  return {{(block.word[0] >> 8) * 0x1p-24, (block.word[2] >> 8) * 0x1p-24}};
}

/// Two independent normal numbers by the transform of Box and Muller (1958).
PALIMPSEST_HOST_DEVICE inline Draws normal_draws(const PhiloxBlock& block) {
  const Draws uniform = uniform_draws(block);
  const double radius = std::sqrt(-2 * log_of_unit(1 - uniform.element[0]));
  const Angle angle = angle_of_turn(uniform.element[1]);
  return {{radius * angle.cosine, radius * angle.sine}};
}

/// The block that holds elements 2 * block and 2 * block + 1 of (seed, stream, step).
PALIMPSEST_HOST_DEVICE inline PhiloxBlock stream_block(std::uint64_t seed, std::uint64_t stream,
                                                       std::uint64_t step, std::uint64_t block) {
  return philox(block, step ^ scrambled(stream), seed);
}

}  // namespace palimpsest
