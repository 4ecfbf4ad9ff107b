#pragma once
// What closed forms leave in their folder, and how it compares with the truth.

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "inversion/closed_form/linear_inversion.h"
#include "inversion/closed_form/r_gap.h"
#include "tools/cli/console.h"
#include "tools/cli/run_folder.h"

namespace palimpsest::tools {

/// Writes recon/*.png, grid.png (images only) and recon.npz, prints a row for each example, and
/// returns the rows.
nlohmann::json write_examples(const RunFolder& folder, const inversion::Problem& problem,
                              const std::vector<inversion::ReadExample>& examples,
                              const Console& console);

/// What R-GAP says of each layer: printed, and returned.
nlohmann::json solutions_json(const std::vector<inversion::LayerSolution>& layers,
                              const Console& console);

/// For each true image the nearest recovered one: printed, and returned. Images are not assigned
/// one to one, because there may be more or fewer of them than true ones.
nlohmann::json compare_examples(const inversion::Problem& problem,
                                const std::vector<inversion::ReadExample>& examples,
                                const Literal& truth, const Console& console);

}  // namespace palimpsest::tools
