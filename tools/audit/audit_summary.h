#pragma once
// The outcome of a whole audit: figures, findings and verdict of every attack under every defence.

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inversion/audit/verdict.h"
#include "tools/audit/audit_result.h"

namespace palimpsest::tools {

/// The results of all runs, in the order of runs_of.
class AuditSummary {
 public:
  AuditSummary(const AuditPlan& plan, const std::vector<AuditResult>& results,
               const inversion::Thresholds& thresholds);

  struct Cell {
    std::size_t attack = 0, defense = 0;
    inversion::CellFigures figures;
    inversion::Finding finding = inversion::Finding::no_result;
    std::vector<std::string> exceeded;
  };
  const std::vector<Cell>& cells() const { return cells_; }
  bool exceeds_threshold() const;
  bool lacks_results() const;

  /// audit.json: a function of plan, results and thresholds alone, so a resumed audit ends with
  /// the same bytes.
  nlohmann::json as_json() const;
  /// One row a cell, for people.
  std::vector<std::vector<std::string>> table() const;

 private:
  nlohmann::json cell_json(const Cell& cell) const;
  nlohmann::json control_json(const AuditSubject& subject) const;
  nlohmann::json example_of(const Cell& cell) const;

  const AuditPlan& plan_;
  inversion::Thresholds thresholds_;
  std::vector<AuditSubject> subjects_;
  std::vector<inversion::Outcomes> outcomes_;  ///< of each subject
  std::vector<Cell> cells_;
};

}  // namespace palimpsest::tools
