#pragma once
// What images look like, as terms of the objective. All are rank-0 values of x's dtype.

#include "graph/value.h"

namespace palimpsest::inversion {

/// mean |x[.., i+1, ..] - x[.., i, ..]| along the height plus the same along the width:
/// anisotropic, each mean over its own differences (Geiping et al. 2020).
Value total_variation(Value x, int height_axis, int width_axis);

/// sqrt(sum x^2) / N over the batch: the mean size of an image (Yin et al. 2021).
Value image_norm(Value x);

}  // namespace palimpsest::inversion
