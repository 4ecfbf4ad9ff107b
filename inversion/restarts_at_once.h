#pragma once
// How many restarts run side by side, and in how many programs.

#include "inversion/session.h"

namespace palimpsest::inversion {

/// FLOP of a forward pass from which a program gains by a second thread.
inline constexpr double worth_two_threads = 50e6;

/// Restarts that run side by side, spread evenly over programs. Each program has an equal share of
/// the threads and of the memory.
struct Arrangement {
  std::int64_t restarts = 1, programs = 1;
  std::int64_t most_lanes = restarts;  ///< of a program; the seeds of a group beyond take turns

  /// Restarts that share program `number`.
  std::int64_t lanes(std::int64_t number) const {
    return restarts / programs + (number < restarts % programs ? 1 : 0);
  }
  bool operator==(const Arrangement&) const = default;
};

/// What the resources ask for, or a choice. Restarts share a program as long as the forward passes
/// of all of it stay below 0.1 MFLOP, at most 16: larger models fill a processor with one
/// candidate, and their tensors would only drive each other out of its caches. Where a program does
/// not gain by threads, each thread gets a program of its own. Restarts are spread evenly over the
/// rounds that this takes. Never more than there are restarts. With `resources.reproducible` the
/// restarts of a program do not depend on the number of threads. The seeds of a group are all at
/// once, a search by values alone has one restart at a time.
Arrangement restarts_at_once(const Problem& problem, const AttackSpec& spec,
                             const Resources& resources);

}  // namespace palimpsest::inversion
