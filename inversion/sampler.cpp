#include "inversion/sampler.h"

#include "optimizers/cma_es.h"
#include "optimizers/turbo.h"

namespace palimpsest::inversion {
namespace {

template <class Optimizer>
class SamplerOf final : public Sampler {
 public:
  explicit SamplerOf(Optimizer optimizer) : optimizer_(std::move(optimizer)) {}
  optimizers::Points ask() override { return optimizer_.ask(); }
  void tell(std::span<const double> values) override { optimizer_.tell(values); }
  Eigen::VectorXd best() const override { return optimizer_.best(); }
  double best_value() const override { return optimizer_.best_value(); }
  bool has_converged() const override {
    if constexpr (requires { optimizer_.stopped(); }) return optimizer_.stopped().has_value();
    return false;  // a trust region that has shrunk begins anew
  }
  optimizers::NamedLiterals state() const override { return optimizer_.state(); }
  void restore(const optimizers::NamedLiterals& state) override { optimizer_.restore(state); }

 private:
  Optimizer optimizer_;
};

/// Seeds of different restarts are apart, and the first one's is the attack's.
std::uint64_t seed_of(const AttackSpec& spec, std::int64_t restart) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio
  return spec.seed + odd * static_cast<std::uint64_t>(restart);
}

}  // namespace

std::unique_ptr<Sampler> sampler(const AttackSpec& spec, const Eigen::VectorXd& start,
                                 std::int64_t restart) {
  const std::uint64_t seed = seed_of(spec, restart);
  if (spec.optimizer == ImageOptimizer::cma_es)
    return std::make_unique<SamplerOf<optimizers::CmaEs>>(optimizers::CmaEs(
        start, spec.cma_es.step_size, {.population = spec.cma_es.population, .seed = seed}));
  const Eigen::VectorXd bound = Eigen::VectorXd::Constant(start.size(), spec.turbo.bound);
  return std::make_unique<SamplerOf<optimizers::Turbo>>(optimizers::Turbo(
      {-bound, bound}, {.batch = spec.turbo.batch, .initial = spec.turbo.initial, .seed = seed}));
}

std::int64_t most_asked(const AttackSpec& spec, std::int64_t size) {
  return sampler(spec, Eigen::VectorXd::Zero(size), 0)->ask().rows();
}

}  // namespace palimpsest::inversion
