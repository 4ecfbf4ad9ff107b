#pragma once
// Scales and shifts behind a product move into its weights: what BatchNormalization in
// evaluation mode is, wherever it stands. Before differentiation.

#include <span>

#include "graph/function.h"

namespace palimpsest::passes {

struct FoldScalesLimits {
  /// A scale is folded when its weights have at most this many times the elements of the
  /// product's result. Folding ends the keeping and reading of the result for the derivative
  /// with respect to the scale, and costs a second copy of the weights and passes over them.
  double weights_per_result = 1;
};

/// product(x, w) * s + t, with s and t per output channel, becomes product(x, w s) + t', for
/// convolutions, transposed convolutions and products of matrices. `data` are the positions of
/// the inputs that carry examples: x depends on them, w, s and t must not. Chains of any length
/// are folded, (product + b - m) * s + t too; each value in them must have no other use. Scales
/// that depend on no input have no derivative and stay. Equal as real numbers, and so are all
/// derivatives: those of s follow from those of w s. In floating point they differ in rounding,
/// and where w s overflows but product * s does not.
Function fold_scales(const Function& source, std::span<const std::size_t> data,
                     FoldScalesLimits limits = {});

}  // namespace palimpsest::passes
