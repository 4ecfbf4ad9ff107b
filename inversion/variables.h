#pragma once
// What an attack searches, and the images and targets that it stands for.

#include "inversion/attack.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

enum class Unknown { images, latent, target_logits, generator_weight, surrogate_share };

struct Variable {
  Unknown what;
  TensorType type;
};

/// What the attack takes for the problem: the surrogate's, where there is one.
Problem attacked(const Problem& problem, const AttackSpec& spec);

/// In the order of Candidate::variables().
std::vector<Variable> variables_of(const Problem& problem, const AttackSpec& spec);

/// The candidate that these variables are. `targets`: the known rows, null when they are searched.
Candidate candidate_of(const Problem& problem, const AttackSpec& spec, Operands variables,
                       Value targets);

/// The images of found variables, in the units of the model's input.
Literal images_of_variables(const Problem& problem, const AttackSpec& spec,
                            const std::vector<Literal>& variables,
                            const std::optional<Literal>& targets,
                            const runtime::KernelTable& kernels);

}  // namespace palimpsest::inversion
