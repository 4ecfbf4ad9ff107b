#pragma once
// The objective of an attack and its derivative with respect to what is searched. The matching
// derivative has two routes that agree to rounding:
//   forward over reverse: with v = dD/dg, d D/dx = the tangent of dL/dx when the parameters
//     move along v. One forward sweep, no tape of the backward pass; one-step updates only.
//   reverse over reverse: vjp of vjp. Any number of local steps.

#include "inversion/client.h"
#include "inversion/distance.h"

namespace palimpsest::inversion {

enum class Route {
  automatic,  ///< forward over reverse when the client took one step
  forward_over_reverse,
  reverse_over_reverse
};

struct ObjectiveSpec {
  DistanceKind distance = DistanceKind::squared_l2;
  double matching = 1;         ///< factor of the distance
  double total_variation = 0;  ///< factors of the priors; 0 leaves them out
  double image_norm = 0;
  std::vector<double> weights{};  ///< per parameter, for the distance; empty: all 1
  Route route = Route::automatic;
};

/// What is searched: the images, and the logits of the targets when labels are searched too.
struct Candidate {
  Value images;         ///< images_type, in the units of the model's input
  Value targets;        ///< targets_type
  Value target_logits;  ///< null, or what `targets` is the softmax of
  std::vector<Value> variables() const;
};

struct Objective {
  Value total;                  ///< f64, rank 0: the sum of the weighted terms
  Value matching;               ///< f64: the distance itself
  Value total_variation;        ///< f64; 0 when left out
  Value image_norm;             ///< f64; 0 when left out
  std::vector<Value> gradient;  ///< of total, one per Candidate::variables()
  Value loss;                   ///< the client's, in its last step: what it depends on is primal
};

/// `parameters` must be distinct nodes (inputs, not constants: equal constants are one node).
/// Throws InputError when forward_over_reverse is asked for several steps.
Objective objective(const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
                    Operands parameters);

}  // namespace palimpsest::inversion
