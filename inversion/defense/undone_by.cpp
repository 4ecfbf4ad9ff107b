#include "inversion/defense/undone_by.h"

namespace palimpsest::inversion {

Transform transform_against(std::span<const Defense> defenses) {
  Transform found = Transform::none;
  for (const Defense& defense : defenses) {
    if (std::holds_alternative<Sparsification>(defense) || std::holds_alternative<Soteria>(defense))
      return Transform::observed_support;
    if (const auto* clipping = std::get_if<Clipping>(&defense))
      found = clipping->scope == Scope::all ? Transform::clipping : Transform::layer_clipping;
  }
  return found;
}

}  // namespace palimpsest::inversion
