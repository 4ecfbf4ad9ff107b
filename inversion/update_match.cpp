#include "inversion/update_match.h"

#include "inversion/client.h"
#include "inversion/pixels.h"

namespace palimpsest::inversion {

UpdateAgreement update_match(const Problem& problem, const Literal& pixels, const Literal& targets,
                             const runtime::KernelTable& kernels, int threads) {
  check(problem);
  const SimulatedUpdate made =
      simulate(problem, images_of(problem, pixels), targets, kernels, threads);
  std::vector<Literal> sent, observed;
  for (std::size_t i = 0; i < problem.observed.tensors.size(); ++i) {
    if (!problem.observed.tensors[i]) continue;
    observed.push_back(*problem.observed.tensors[i]);
    sent.push_back(made.tensors[i].second);
  }
  return agreement(sent, observed);
}

}  // namespace palimpsest::inversion
