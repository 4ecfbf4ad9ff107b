#pragma once
// What an attacker does to the candidate's update because the client did it to its own: with the
// defence as part of the comparison, the private image is again a minimum of the distance (Li et
// al. 2022, section 3.3). The parameters of the defence are read off the observed update.

#include <functional>
#include <span>
#include <vector>

#include "graph/literal.h"
#include "graph/value.h"

namespace palimpsest::inversion {

enum class Transform {
  recorded,        ///< what Problem::known_transform says
  none,            ///< also for noise, which nothing undoes
  clipping,        ///< all tensors together to at most the norm that was observed
  layer_clipping,  ///< each tensor to at most its own observed norm
  /// Entries that were observed as 0 are set to 0: sparsification, and Soteria, whose pruned
  /// features are columns of zeros. At the private image that is what the client's own rule keeps.
  observed_support
};

struct Transformed {
  std::vector<Value> update;  ///< like the candidate
  /// From the derivative with respect to `update` to that with respect to the candidate, both one
  /// value per tensor.
  std::function<std::vector<Value>(const std::vector<Value>&)> pulled_back;
};

/// Both one value per tensor.
Transformed transformed(Transform transform, const std::vector<Value>& candidate,
                        std::span<const Literal> observed);

}  // namespace palimpsest::inversion
