#include "runtime/choose_kernel.h"

#include <algorithm>
#include <vector>

#include "runtime/kernel_choices.h"
#include "runtime/time_kernels.h"

namespace palimpsest::runtime {
namespace {

/// A kernel that is slower than the rule's by less is no reason to leave the rule.
constexpr double tie = 0.03;

std::unique_ptr<Kernel> by_rule(const KernelRequest& request,
                                std::span<const KernelCandidate> candidates) {
  for (const KernelCandidate& candidate : candidates)
    if (auto kernel = candidate.prepare(request)) return kernel;
  return nullptr;
}

std::unique_ptr<Kernel> named(const std::string& name, const KernelRequest& request,
                              std::span<const KernelCandidate> candidates) {
  const auto it = std::ranges::find(candidates, name, &KernelCandidate::name);
  return it == candidates.end() ? nullptr : it->prepare(request);
}

/// The fastest candidate's name; empty when fewer than two apply. Nothing that is packed here is
/// shared with the program, so that only what the winner packs stays.
std::string fastest(const KernelRequest& request, std::span<const KernelCandidate> candidates) {
  KernelRequest alone = request;
  alone.packed = nullptr;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Kernel>> kernels;
  for (const KernelCandidate& candidate : candidates)
    if (auto kernel = candidate.prepare(alone)) {
      names.push_back(candidate.name);
      kernels.push_back(std::move(kernel));
    }
  if (kernels.size() < 2) return {};
  const std::vector<double> seconds = least_seconds(alone, kernels);
  const auto best = std::ranges::min_element(seconds);
  const bool clear = *best < (1 - tie) * seconds.front();
  return names[clear ? static_cast<std::size_t>(best - seconds.begin()) : 0];
}

}  // namespace

std::unique_ptr<Kernel> chosen_kernel(const KernelRequest& request,
                                      std::span<const KernelCandidate> candidates) {
  KernelChoices* const choices = request.choices;
  if (!choices || request.reproducible) return by_rule(request, candidates);
  const std::string key = choice_key(request);
  std::string name;
  if (const std::string* known = choices->use(key)) {
    name = *known;
  } else if (choices->may_measure()) {
    name = fastest(request, candidates);
    if (!name.empty()) choices->measured(key, name);
  }
  if (!name.empty())
    if (auto kernel = named(name, request, candidates)) return kernel;
  return by_rule(request, candidates);
}

std::string choice_key(const KernelRequest& request) {
  const std::string attributes = request.op.attributes();
  std::string key = text(request.op.name(), attributes.empty() ? "" : " ", attributes);
  for (std::size_t k = 0; k < request.inputs.size(); ++k)
    key += text(' ', request.constants[k] ? "constant " : "", request.inputs[k]);
  return text(key, " -> ", request.output, " threads=", request.threads);
}

}  // namespace palimpsest::runtime
