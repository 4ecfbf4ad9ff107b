#pragma once
// Where a restart begins, and what searched target logits stand for.

#include "inversion/attack.h"
#include "inversion/problem.h"

namespace palimpsest::inversion {

/// The first candidate of a restart, in the order of Candidate::variables(): drawn from the
/// counter-based generator keyed by (seed, restart), or as given by the spec. Target logits
/// come when the labels are searched. Throws InputError when a given start does not fit.
std::vector<Literal> start_variables(const Problem& problem, const AttackSpec& spec,
                                     std::int64_t restart);

struct KnownTargets {
  std::optional<Literal> rows;  ///< as the loss takes them; absent when they are searched
  std::optional<RecoveredLabels> recovered;  ///< when a label rule was used
};

/// What spec.labels says of the targets. Throws InputError when they are `given` and the problem
/// has none, and what the label rules throw.
KnownTargets known_targets(const Problem& problem, const AttackSpec& spec);

/// Targets as the loss takes them from their logits: softmax over axis 1 (cross-entropy),
/// sigmoid (binary cross-entropy), or themselves.
Value searched_targets(const LossSpec& loss, Value logits);
/// The same on data.
Literal searched_targets(const LossSpec& loss, const Literal& logits);

}  // namespace palimpsest::inversion
