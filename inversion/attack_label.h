#pragma once
// Labels of what an attack adds to the model and its loss.

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace palimpsest::inversion {

inline constexpr std::string_view attack_label = "attack: ";

/// While it lives, nodes added to the graph are those of this part of the attack.
inline LabelScope attack_part(Graph& graph, std::string_view part) {
  return {graph, std::string(attack_label).append(part)};
}

}  // namespace palimpsest::inversion
