#pragma once
// The options of an audit and the plan they resolve to.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inversion/audit/verdict.h"
#include "tools/audit/audit_plan.h"
#include "tools/cli/client_options.h"
#include "tools/cli/console.h"
#include "tools/cli/model_options.h"

namespace palimpsest::tools {

/// What an audit's plan points into.
struct AuditModels {
  std::unique_ptr<Model> model, generator;  ///< the latter null without one
};

struct AuditOptions {
  ModelOptions model;
  ClientOptions client;
  std::vector<std::string> images, attacks, defenses, overrides, budgets;
  std::string labels, targets, generator, generator_range = "unit";
  std::int64_t images_per_update = 1, seeds = 1;
  std::uint64_t first_seed = 1;
  inversion::Thresholds thresholds;
  bool reproducible = false;

  void add_to(CLI::App& app);
  /// Throws UsageError for words that make no sense, before any file is read.
  void check() const;
  /// A batch that the model leaves open is that of the updates.
  AuditModels load(const Console& console);
  /// `models` must outlive the plan. Throws UsageError and InputError.
  AuditPlan plan(const AuditModels& models);

 private:
  std::vector<Recipe> recipes() const;
  Literal read_targets(std::int64_t count) const;
  Identity identity_of(const AuditPlan& plan) const;
};

}  // namespace palimpsest::tools
