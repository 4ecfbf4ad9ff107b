#pragma once
// What BatchNormalization layers say of a batch: the mean and variance of each one's input. An
// attacker compares those of the candidate with what is known of the private batch's.

#include <span>
#include <string_view>

#include "inversion/client.h"

namespace palimpsest::inversion {

/// Where the private batch's statistics come from.
enum class StatisticsSource {
  running,  ///< the model's running statistics stand for them ("BN approx", Yin et al. 2021)
  batch,    ///< Problem::batch_statistics: they were revealed ("BN exact", Yin et al. 2021)
  /// What moved the running statistics that a train-mode client sent along with its update:
  /// batch = (new - m old) / (1 - m), torch's factor n / (n - 1) taken off the variance.
  inferred
};

/// Of one layer, each f32 or f64 [C].
struct SiteStatistics {
  Literal mean, variance;
};

/// By Model::batch_norms. Throws InputError when the model has no such layer, a tensor is missing
/// or of the wrong shape, or statistics are to be inferred from several local steps.
std::vector<SiteStatistics> known_statistics(const Problem& problem, StatisticsSource source);

/// The statistics of these normalised images (as for simulate()), named as
/// Problem::batch_statistics wants them: what an attacker with "exact" statistics was given.
std::vector<NamedTensor> revealed_statistics(const Problem& problem, const Literal& images,
                                             const Literal& targets,
                                             const runtime::KernelTable& kernels);

/// sum over layers of |mean - known mean| + |variance - known variance|, with l2 norms (Yin et
/// al. 2021); the first layer's times `first`. A rank-0 f64 value.
Value statistics_distance(std::span<const BatchStatistics> candidate,
                          std::span<const SiteStatistics> known, double first);

}  // namespace palimpsest::inversion
