#pragma once
// The searches by values alone, behind one face.

#include <memory>

#include "inversion/attack.h"
#include "optimizers/points.h"

namespace palimpsest::inversion {

class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual optimizers::Points ask() = 0;  ///< candidates, one a row
  virtual void tell(std::span<const double> values) = 0;
  virtual Eigen::VectorXd best() const = 0;
  virtual double best_value() const = 0;
  virtual bool has_converged() const = 0;
  virtual optimizers::NamedLiterals state() const = 0;
  virtual void restore(const optimizers::NamedLiterals& state) = 0;
};

/// The sampler of the spec's optimizer (cma_es or turbo), around `start` or in its box. Restarts
/// draw from streams of their own.
std::unique_ptr<Sampler> sampler(const AttackSpec& spec, const Eigen::VectorXd& start,
                                 std::int64_t restart);

/// The most candidates that it asks for at once, for a latent of that size.
std::int64_t most_asked(const AttackSpec& spec, std::int64_t size);

}  // namespace palimpsest::inversion
