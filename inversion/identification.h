#pragma once
// Image identifiability precision (Yin et al. 2021): whether a recovered image points at its
// original among other images.

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::inversion {

/// What is near: pixels compare by squared error, representations by 1 - cosine.
enum class Nearness { squared_error, cosine };

struct Identification {
  /// By recovered image: 1 when its original is the nearest of the pool. Where others are equally
  /// near the hit is shared: a space in which all images are equal identifies at chance.
  std::vector<double> hits;
  double precision = 0;   ///< mean of the hits
  std::int64_t pool = 0;  ///< originals and distractors
  double chance = 0;      ///< 1 / pool: of an image and an original that were paired blindly
  /// originals / pool, the most that noise reaches: recovered images were assigned to the
  /// originals that they resemble most.
  double assigned_chance = 0;
};

/// Row k of `recovered` belongs to row k of `truth`; the pool is the rows of `truth` and of
/// `distractors`. All are [rows, ...] of one float type but for the number of rows. Throws
/// InputError otherwise, and for distances that are not finite.
Identification identification(const Literal& recovered, const Literal& truth,
                              const std::optional<Literal>& distractors, Nearness nearness);

/// The rows of `pool` that equal no row of `truth` byte by byte, which could not be told from an
/// original; nothing when none is left.
std::optional<Literal> without_originals(const Literal& pool, const Literal& truth);

}  // namespace palimpsest::inversion
