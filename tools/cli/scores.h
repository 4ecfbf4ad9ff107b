#pragma once
// Scores of recovered images as data, table and files. The basic ones are always there; what
// needs more than the images is handed in as further figures.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inversion/metrics.h"
#include "tools/cli/run_folder.h"

namespace palimpsest::tools {

/// One measure of every pair of a recovered and a true image.
struct Figure {
  std::string key;      ///< in JSON and CSV
  std::string heading;  ///< in the table
  std::string convention;
  std::vector<double> values;  ///< by the index of the truth

  double mean() const;
};

/// `images` (one object a pair), the means by key, `random_pair_psnr` and `conventions` by key.
nlohmann::json scores_json(const inversion::ImageScores& scores,
                           const std::vector<Figure>& more = {});
/// One row a pair, then the means.
std::vector<std::vector<std::string>> scores_table(const inversion::ImageScores& scores,
                                                   const std::vector<Figure>& more = {});
/// "PSNR: 10 log10(1 / MSE), ..." of every column of the table, and how pairs were made.
std::vector<std::string> convention_lines(const inversion::ImageScores& scores,
                                          const std::vector<Figure>& more = {});

/// grid.png (truth, reconstruction and difference, rows in the order of the truth), metrics.csv and
/// truth.npz.
void write_comparison(const RunFolder& folder, const Literal& truth, const Literal& images,
                      const inversion::ImageScores& scores, const std::vector<Figure>& more = {});

}  // namespace palimpsest::tools
