#pragma once
// Points that fill the unit cube more evenly than independent draws.

#include "optimizers/points.h"

namespace palimpsest::optimizers {

/// A scrambled Sobol sequence (Sobol 1967; Bratley and Fox 1988): coordinate d follows the
/// recurrence of the d-th primitive polynomial over GF(2), by degree and then by coefficients. The
/// numbers with which the recurrences begin are drawn from the seed, odd as they must be, instead
/// of being taken from a table, and every coordinate is shifted by drawn digits (L'Ecuyer and
/// Lemieux 2002). So each coordinate alone is spread perfectly: of the first 2^k points one lies in
/// each interval of length 2^-k. 32 bits.
class Sobol {
 public:
  /// Throws InputError unless 1 <= dimension <= 1000.
  Sobol(Eigen::Index dimension, std::uint64_t seed, std::uint64_t stream);

  /// The first `count` points, [count, dimension], in [0, 1).
  Points first(Eigen::Index count) const;

 private:
  static constexpr int bits = 32;

  std::vector<std::uint32_t>
      directions_;  ///< [dimension][bits]: digits that bit j of the index adds
  std::vector<std::uint32_t> shifts_;
};

/// The first `count` primitive polynomials over GF(2), with bit i for x^i: x + 1, x^2 + x + 1, ...
std::vector<std::uint32_t> primitive_polynomials(std::size_t count);

/// `count` points in the unit cube of which each coordinate has one in every interval of length
/// 1 / count (McKay, Beckman and Conover 1979), at drawn places of their intervals.
Points latin_hypercube(Eigen::Index count, Eigen::Index dimension, std::uint64_t seed,
                       std::uint64_t stream, std::uint64_t step);

}  // namespace palimpsest::optimizers
