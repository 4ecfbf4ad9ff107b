#pragma once
// What an audit will do: attacks x defences x groups of images x seeds, and the controls beside
// them. The list of runs follows from the plan alone, so a second call finds what is done.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inversion/audit/control.h"
#include "tools/cli/checkpoint.h"
#include "tools/cli/recipe.h"

namespace palimpsest::tools {

struct AuditPlan {
  /// The client and its model, without update and targets; `examples` images an update.
  inversion::Problem client;
  std::vector<Recipe> attacks;
  std::vector<std::string> defenses;  ///< in the words of the command line
  Literal images;                     ///< f32 [N, C, H, W] in [0, 1], groups one after the other
  Literal targets;                    ///< i64 [N] classes, or floats with N rows
  std::uint64_t first_seed = 1;
  std::int64_t seeds = 1;
  Identity identity;  ///< of everything that the results depend on

  std::int64_t groups() const;
};

/// Rows of a tensor, `count` from `first` on.
Literal rows_of(const Literal& tensor, std::int64_t first, std::int64_t count);

/// An attack under a defence, or a control. Controls that do not look at the update serve every
/// defence.
struct AuditSubject {
  std::size_t attack = 0;
  std::optional<inversion::Control> control;
  std::optional<std::size_t> defense;

  bool operator==(const AuditSubject&) const = default;
};

struct AuditRun {
  AuditSubject subject;
  std::int64_t group = 0;
  std::uint64_t seed = 0;
};

/// All subjects, attack by attack, its controls first.
std::vector<AuditSubject> subjects_of(const AuditPlan& plan);
/// The controls that stand beside an attack under a defence.
std::vector<AuditSubject> controls_of(const AuditPlan& plan, std::size_t attack,
                                      std::size_t defense);
std::vector<AuditRun> runs_of(const AuditPlan& plan);

/// "dlg, gaussian:0.1" or "dlg, prior only".
std::string title_of(const AuditPlan& plan, const AuditSubject& subject);
/// Folder of a run below that of the audit: "runs/0-dlg/1-gaussian_0.1/images-0-seed-1".
std::string folder_of(const AuditPlan& plan, const AuditRun& run);
/// The settings of a run's attack: those of the recipe or of its control, with the run's seed.
inversion::AttackSpec spec_of(const AuditPlan& plan, const AuditRun& run);

}  // namespace palimpsest::tools
