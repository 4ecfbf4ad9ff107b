#pragma once
// How much of the data each input of the last layer shows: the scores of Soteria.

#include <vector>

#include "inversion/defense/defense.h"

namespace palimpsest::inversion {

/// For each unit r_i of Model::head.features: sum over examples n of
///   ||dr_ni/dx_n|| / (|r_ni| + epsilon),
/// l2 norms over the example's own input. Throws UnsupportedError without a linear last layer, or
/// with train-mode BatchNormalization.
std::vector<double> soteria_scores(const DefenseRequest& request, double epsilon);

}  // namespace palimpsest::inversion
