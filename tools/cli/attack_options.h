#pragma once
// The options of an attack, and everything they resolve to: what `invert` works on.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/checkpoint.h"
#include "tools/cli/client_options.h"
#include "tools/cli/console.h"
#include "tools/cli/kernel_cache.h"
#include "tools/cli/model_options.h"
#include "tools/cli/recipe.h"
#include "tools/cli/update_options.h"

namespace palimpsest::tools {

/// Model, update and settings, read and checked. `problem` points into `model` and `generator`.
struct Attack {
  std::unique_ptr<Model> model;
  std::unique_ptr<Model> generator;  ///< null: none
  inversion::Problem problem;
  Recipe recipe;
  std::optional<Literal> truth;           ///< [N, C, H, W] in [0, 1]
  std::vector<std::int64_t> true_labels;  ///< for metrics only; empty: unknown
  std::string resolved;                   ///< the recipe as TOML, with all overrides
  Identity identity;
};

struct AttackOptions {
  ModelOptions model;
  UpdateOptions update;
  ClientOptions client;
  std::string recipe = "inverting-gradients";
  std::vector<std::string> overrides, truth;
  std::optional<std::int64_t> iterations, restarts;
  std::string precision, kernels;  ///< empty: as the recipe says
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> former_seed;  ///< of the run that is resumed
  std::string labels, targets, start, truth_labels;
  std::string generator, generator_range = "unit", batch_statistics;
  bool reproducible = false;

  void add_to(CLI::App& app);
  /// The short forms for how long the search takes.
  void add_length_to(CLI::App& app);
  Attack resolve(const Console& console);
  /// The choices of kernels for an attack with tuned ones; nothing when kernels go by the rules,
  /// as they do in reproducible programs whatever the recipe says.
  std::optional<KernelCache> kernel_cache(const Attack& attack, const Console& console) const;

 private:
  void resolve_recipe(Attack& attack, const Console& console) const;
  void resolve_targets(Attack& attack, const UpdateMetadata& metadata,
                       const Console& console) const;
  void resolve_knowledge(Attack& attack, const UpdateMetadata& metadata) const;
  Identity identity_of(const Attack& attack) const;
};

}  // namespace palimpsest::tools
