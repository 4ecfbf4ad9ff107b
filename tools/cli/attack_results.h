#pragma once
// What a finished or stopped attack leaves in its run folder.

#include <nlohmann/json_fwd.hpp>

#include "tools/cli/attack_options.h"
#include "tools/cli/run_folder.h"
#include "tools/cli/scores.h"

namespace palimpsest::tools {

/// Figures of the run itself.
struct RunFigures {
  std::string status;  ///< finished, interrupted, time limit
  double wall_seconds = 0;
  std::size_t predicted_bytes = 0;
  int threads = 1;
  std::vector<std::string> command_line;
};

/// Writes recon/*.png, recon.npz, grid.png, metrics.csv, result.json; returns the result.
nlohmann::json write_results(const RunFolder& folder, const Attack& attack,
                             const inversion::Reconstruction& found, const RunFigures& figures);

}  // namespace palimpsest::tools
