#pragma once
// The objective of an attack and its derivative with respect to what is searched. The matching
// derivative has two routes that agree to rounding:
//   forward over reverse: with v = dD/dg, d D/dx = the tangent of dL/dx when the parameters
//     move along v. One forward sweep, no tape of the backward pass; one-step updates only.
//   reverse over reverse: vjp of vjp. Any number of local steps.
// All other terms are first order, and share one reverse sweep.

#include <string_view>

#include "inversion/client.h"
#include "inversion/distance.h"
#include "inversion/prior.h"
#include "inversion/statistics.h"
#include "inversion/transform.h"

namespace palimpsest::inversion {

enum class Route {
  automatic,  ///< forward over reverse when the client took one step
  forward_over_reverse,
  reverse_over_reverse
};

/// A factor of 0 leaves its term out, and what only that term needs is not computed.
struct ObjectiveSpec {
  DistanceKind distance = DistanceKind::squared_l2;
  double matching = 1;  ///< of the distance between updates
  /// What the defence did to the update, to be done to the candidate's (Li et al. 2022).
  Transform transform = Transform::none;
  double total_variation = 0;
  Variation variation = Variation::mean_absolute;
  double image_norm = 0;
  double statistics = 0;        ///< of those of BatchNormalization layers
  double first_statistics = 1;  ///< a further factor for the first of these layers
  StatisticsSource statistics_source = StatisticsSource::running;
  double group_consistency = 0;   ///< of |x - consensus|, see group.h
  double classification = 0;      ///< of the client's loss on the known targets
  double latent_kl = 0;           ///< of latent_divergence, for generators
  double latent_norm = 0;         ///< of latent_norm_error, for generators
  std::vector<double> weights{};  ///< per parameter, for the distance; empty: all 1
  Route route = Route::automatic;
};

/// The terms of the objective that a spec has, in their order: "matching", "total_variation",
/// "image_norm", "statistics", "group_consistency", "classification", "latent_kl", "latent_norm".
std::vector<std::string_view> term_names(const ObjectiveSpec& spec);

/// What is searched: the images, or what a generator makes them from; the logits of the targets
/// when labels are searched too; the generator's weights and the surrogate's share where they are.
struct Candidate {
  Value images;          ///< images_type, in the units of the model's input
  Value targets;         ///< targets_type
  Value target_logits;   ///< null, or what `targets` is the softmax of
  Value latent{};        ///< null, or what `images` is made from
  Value shown{};         ///< what the client is shown of the images; null: the images
  Value consensus{};     ///< of the group, like the images; null without one
  Value group_weight{};  ///< further factor of the group's term, rank 0; null without one
  std::vector<Value> generator_weights{};  ///< empty: they are not searched
  Value surrogate{};  ///< null, or the rank-0 share that the parameters depend on
  std::vector<Value> variables() const;
};

struct Term {
  std::string_view name;
  Value value;  ///< f64, rank 0, without its factor
};

struct Objective {
  Value total;                  ///< f64, rank 0: the sum of the weighted terms
  std::vector<Term> terms;      ///< in the order of term_names
  std::vector<Value> gradient;  ///< of total, one per Candidate::variables()
  /// The client's, in its first step: what it depends on is primal. Null when no term needs the
  /// model.
  Value loss;

  Value term(std::string_view name) const;  ///< null when the spec has no such term
};

/// `parameters`: the model's, or the surrogate's made of them. They must be distinct nodes (inputs,
/// not constants: equal constants are one node). Throws InputError when forward_over_reverse is
/// asked for several steps, a term needs what the candidate or the problem has not, or no term is
/// left.
Objective objective(const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
                    Operands parameters);

}  // namespace palimpsest::inversion
