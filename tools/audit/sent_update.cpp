#include "tools/audit/sent_update.h"

#include <algorithm>

#include "inversion/client.h"
#include "inversion/defense.h"
#include "inversion/pixels.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

using inversion::Defense;
using inversion::DefenseKind;

Defense parse_defense(const std::string& words, std::uint64_t seed) {
  if (words == "none") return {};
  const auto colon = std::min(words.find(':'), words.size());
  const std::string kind = words.substr(0, colon);
  const double amount = parse_number(words.substr(std::min(colon + 1, words.size())));
  if (kind == "gaussian") return {DefenseKind::gaussian_noise, amount, seed};
  if (kind == "clip") return {DefenseKind::clipping, amount, seed};
  if (kind == "sparsify") return {DefenseKind::sparsification, amount, seed};
  throw UsageError(
      text("--defenses: gaussian:SIGMA, clip:NORM or sparsify:SHARE expected, '", words, "' came"));
}

}  // namespace

void check_defense(const std::string& words) { parse_defense(words, 0); }

SentUpdate sent_update(const inversion::Problem& client, const ClientRun& run,
                       const runtime::KernelTable& kernels, int threads) {
  const inversion::SimulatedUpdate update = inversion::simulate(
      client, inversion::images_of(client, run.pixels), run.targets, kernels, threads);
  const inversion::DefendedUpdate sent =
      inversion::defended(update.tensors, parse_defense(run.defense, run.seed));
  SentUpdate result{{client.observed.kind, {}}, update.buffers};
  for (const auto& [name, tensor] : sent.tensors) result.observed.tensors.emplace_back(tensor);
  return result;
}

}  // namespace palimpsest::tools
