#pragma once
// What an attacker who knows the client's defences does to the candidate's update (Li et al. 2022).

#include <span>

#include "inversion/defense/defense.h"

namespace palimpsest::inversion {

/// Zeros that were put into the update matter most, then what bounded it; noise, quantisation,
/// signs and aggregation have no transform. DP-SGD bounds single examples, which the mean does not
/// show.
Transform transform_against(std::span<const Defense> defenses);

}  // namespace palimpsest::inversion
