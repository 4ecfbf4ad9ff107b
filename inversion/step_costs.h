#pragma once
// What each launch of a program costs and what it is for: the accounting of a matching iteration,
// from the program itself.

#include <span>
#include <string_view>
#include <vector>

#include "runtime/program.h"

namespace palimpsest::inversion {

enum class Role {
  forward,          ///< computes the model or its loss
  input_gradient,   ///< a cotangent on its way to further layers
  weight_gradient,  ///< a cotangent that no further layer needs
  tangent,          ///< of the forward pass or of the gradients
  second_reverse,   ///< a cotangent of gradients: reverse over reverse
  other             ///< the distance, priors, the optimiser
};

inline constexpr int roles = 6;

std::string_view name_of(Role role);

struct StepCost {
  Role role = Role::other;
  bool product = false;  ///< of the convolution family, or a matrix product
  double flops = 0;
  double bytes = 0;  ///< operands read and result written, as if each passed once
};

/// One a step. The role is that of the sweep which added the node (autodiff/provenance.h); a
/// fused step has that of its last instruction.
std::vector<StepCost> step_costs(std::span<const runtime::StepInfo> steps);

}  // namespace palimpsest::inversion
