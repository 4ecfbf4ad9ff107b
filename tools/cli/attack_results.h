#pragma once
// What a finished or stopped attack leaves in its run folder.

#include <nlohmann/json_fwd.hpp>

#include "inversion/metrics.h"
#include "tools/cli/attack_options.h"
#include "tools/cli/run_folder.h"

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

/// The same for images compared with the truth, as `eval` prints them.
nlohmann::json scores_json(const inversion::ImageScores& scores);
std::vector<std::vector<std::string>> scores_table(const inversion::ImageScores& scores);

/// grid.png (truth, reconstruction and difference, rows in the order of the truth), metrics.csv, and
/// truth.npz for reports.
void write_comparison(const RunFolder& folder, const Literal& truth, const Literal& images,
                      const inversion::ImageScores& scores);

}  // namespace palimpsest::tools
