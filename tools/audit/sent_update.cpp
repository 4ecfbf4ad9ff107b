#include "tools/audit/sent_update.h"

#include <algorithm>

#include "inversion/defense/undone_by.h"
#include "inversion/pixels.h"
#include "tools/cli/defense_words.h"

namespace palimpsest::tools {
namespace {

std::vector<inversion::Defense> defenses_of(std::string words) {
  if (words == "none") return {};
  std::ranges::replace(words, '+', ',');
  return parse_defenses(words);
}

}  // namespace

void check_defense(const std::string& words) { defenses_of(words); }

SentUpdate sent_update(const inversion::Problem& client, const ClientRun& run,
                       const runtime::KernelTable& kernels, int threads) {
  inversion::DefenseRequest request;
  request.problem = &client;
  request.data = {inversion::images_of(client, run.pixels), run.targets};
  request.kernels = &kernels;
  request.threads = threads;
  request.seed = run.seed;
  const std::vector<inversion::Defense> defenses = defenses_of(run.defense);
  const inversion::DefendedUpdate sent = inversion::defended(
      inversion::simulate(client, request.data.images, request.data.targets, kernels, threads),
      defenses, request);
  SentUpdate result{
      {client.observed.kind, {}}, sent.update.buffers, inversion::transform_against(defenses)};
  for (const auto& [name, tensor] : sent.update.tensors)
    result.observed.tensors.emplace_back(tensor);
  return result;
}

}  // namespace palimpsest::tools
