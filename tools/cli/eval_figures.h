#pragma once
// The figures of a reconstruction that need more than the images: a network, the attacked model,
// a pool of other images.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "inversion/identification.h"
#include "inversion/problem.h"
#include "inversion/update_match.h"
#include "tools/cli/scores.h"

namespace palimpsest::tools {

/// Row k of `recovered` belongs to row k of `truth`; both f32 [N, C, H, W] in [0, 1].
struct Pairs {
  Literal recovered, truth;
};

/// PSNR after registration, and what the registration found.
std::vector<Figure> registered_figures(const Pairs& pairs);

/// A network for LPIPS and how its inputs are scaled: "LOW,HIGH", what pixels 0 and 1 are.
struct PerceptualOptions {
  std::string path, range = "-1,1";
  int threads = 0;  ///< 0: chosen for the network
};
/// Throws UsageError for a malformed range, and what import and the network throw.
Figure perceptual_figure(const Pairs& pairs, const PerceptualOptions& options);

/// What the model's last layer sees in the images, and in those of the pool.
struct Representations {
  Pairs pairs;
  std::optional<Literal> pool;
  std::string convention;
};
/// Nothing when the model has no fully connected last layer.
std::optional<Representations> representations_of(const Pairs& pairs,
                                                  const std::optional<Literal>& pool,
                                                  const inversion::Problem& problem, int threads);
Figure representation_figure(const Representations& seen);

/// One space in which the originals were looked for.
struct IdentificationFigure {
  Figure figure;
  inversion::Identification found;
};
IdentificationFigure pixel_identification(const Pairs& pairs, const std::optional<Literal>& pool);
IdentificationFigure representation_identification(const Representations& seen);

nlohmann::json identification_json(const inversion::Identification& found);
nlohmann::json update_match_json(const inversion::UpdateAgreement& match);

}  // namespace palimpsest::tools
