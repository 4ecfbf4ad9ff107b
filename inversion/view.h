#pragma once
// What the client is shown of a candidate: moved, mirrored and coarsened at random, so that a
// search without a gradient to match does not settle on pixels that only one placing would explain
// (Yin et al. 2020). The same for all images of a step.

#include <cstdint>

#include "inversion/problem.h"

namespace palimpsest::inversion {

struct ViewSpec {
  std::int64_t roll = 0;  ///< the image is rolled by up to this many pixels each way
  bool flip = false;      ///< mirrored left to right in half of the steps
  /// Side of the blocks whose mean is shown in the first part of the run; 1: none. The published
  /// schedule gives the network smaller images there; an exported model takes one size, so it is
  /// given blocks.
  std::int64_t coarse = 1;
  double coarse_share = 0;  ///< how much of the run shows blocks

  bool is_plain() const { return roll == 0 && !flip && (coarse == 1 || coarse_share == 0); }
};

/// What the program is told in one step.
struct View {
  Literal rows, columns;  ///< i64 [H], [W]: which row and column of the candidate is shown where
  double coarseness = 0;  ///< 1: blocks, 0: pixels
};

/// The view of a step; a function of (seed, restart, iteration) alone.
View view_at(const Problem& problem, const ViewSpec& spec, std::uint64_t seed, std::int64_t restart,
             std::int64_t iteration, std::int64_t iterations);

/// Types of View's tensors for the problem's images, in the order rows, columns.
struct ViewTypes {
  TensorType rows, columns;
};
ViewTypes view_types(const Problem& problem);

/// The images of that view. `rows` and `columns` as in View, `coarseness` rank 0 of the images'
/// dtype. Throws InputError when the blocks do not divide the images.
Value shown(const Problem& problem, const ViewSpec& spec, Value images, Value rows, Value columns,
            Value coarseness);

}  // namespace palimpsest::inversion
