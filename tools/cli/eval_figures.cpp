#include "tools/cli/eval_figures.h"

#include <nlohmann/json.hpp>

#include "inversion/perceptual.h"
#include "inversion/registered.h"
#include "inversion/representation.h"
#include "ops/cpu_kernels.h"
#include "registration/registration.h"
#include "runtime/evaluate.h"
#include "tools/cli/console.h"
#include "tools/cli/digest.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/model_options.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

std::string numbers(const std::vector<double>& values) {
  std::string words;
  for (const double value : values) words += text(words.empty() ? "" : ",", value);
  return words;
}

std::string normalization_words(const inversion::Normalization& normalization) {
  if (normalization.mean.empty()) return "pixels in [0,1] as they are";
  return text("(pixel - mean) / deviation with mean ", numbers(normalization.mean),
              " and deviation ", numbers(normalization.deviation));
}

inversion::PerceptualRange parse_range(const std::string& words) {
  const std::vector<double> bounds = parse_numbers(words);
  if (bounds.size() != 2 || bounds[0] == bounds[1])
    throw UsageError(text("--lpips-range: LOW,HIGH expected, '", words, "' came"));
  return {bounds[0], bounds[1]};
}

/// Axes that the file leaves open are those of one pair of the images.
Model load_network(const std::string& path, const Shape& images) {
  onnx_import::ImportOptions options;
  options.open_axes = Shape{1, 3, images[2], images[3]};
  return onnx_import::load(path, options, runtime::evaluator(all_cpu_kernels()));
}

IdentificationFigure identification_of(const Pairs& pairs, const std::optional<Literal>& pool,
                                       inversion::Nearness nearness, std::string space,
                                       std::string_view heading, std::string_view near) {
  inversion::Identification found =
      inversion::identification(pairs.recovered, pairs.truth, pool, nearness);
  Figure figure{"iip_" + std::move(space), std::string(heading),
                text("1 where the original is the nearest of ", found.pool, " images ", near,
                     ", shared among equally near ones; chance ", readable_number(found.chance),
                     ", at most ", readable_number(found.assigned_chance), " after the assignment"),
                found.hits};
  return {std::move(figure), std::move(found)};
}

}  // namespace

std::vector<Figure> registered_figures(const Pairs& pairs) {
  Figure psnr{"registered_psnr",
              "R-PSNR",
              "PSNR over the pixels that the recovered image covers after an affine registration; "
              "the plain PSNR where none was found",
              {}};
  Figure confidence{
      "registration_confidence",
      "CONFIDENCE",
      text("correlation of both images after registration; below ",
           registration::RegistrationSettings{}.least_confidence, " nothing was found"),
      {}};
  for (std::int64_t k = 0; k < pairs.truth.shape()[0]; ++k) {
    const inversion::RegisteredScore score =
        inversion::registered_score(pairs.recovered, k, pairs.truth, k);
    psnr.values.push_back(score.psnr);
    confidence.values.push_back(score.confidence);
  }
  return {psnr, confidence};
}

Figure perceptual_figure(const Pairs& pairs, const PerceptualOptions& options) {
  const inversion::PerceptualRange range = parse_range(options.range);
  const Model network = load_network(options.path, pairs.truth.shape());
  ModelOptions threads;
  threads.threads = options.threads;
  const std::string name = std::filesystem::path(options.path).filename().native();
  return {"lpips", "LPIPS",
          text("distance by the network ", name, " (sha256 ",
               sha256_of_file(options.path).substr(0, 12), "...), pixels in [", range.low, ",",
               range.high, "]"),
          inversion::perceptual_distances(network, pairs.recovered, pairs.truth, range,
                                          all_cpu_kernels(), threads.thread_count(network))};
}

std::optional<Representations> representations_of(const Pairs& pairs,
                                                  const std::optional<Literal>& pool,
                                                  const inversion::Problem& problem, int threads) {
  if (!problem.model->has_head) return std::nullopt;
  const auto seen = [&](const Literal& images) {
    return inversion::representations(problem, images, all_cpu_kernels(), threads);
  };
  Representations result{{seen(pairs.recovered), seen(pairs.truth)}, std::nullopt, {}};
  if (pool) result.pool = seen(*pool);
  result.convention = text("the ", result.pairs.truth.shape()[1], " inputs of the last layer '",
                           problem.model->head.node, "' in evaluation mode, model input ",
                           normalization_words(problem.normalization));
  return result;
}

Figure representation_figure(const Representations& seen) {
  return {"mse_r", "MSE-R", "mean squared difference of " + seen.convention,
          inversion::row_squared_errors(seen.pairs.recovered, seen.pairs.truth)};
}

IdentificationFigure pixel_identification(const Pairs& pairs, const std::optional<Literal>& pool) {
  return identification_of(pairs, pool, inversion::Nearness::squared_error, "pixels", "IIP-PIXELS",
                           "by the squared difference of pixels");
}

IdentificationFigure representation_identification(const Representations& seen) {
  return identification_of(seen.pairs, seen.pool, inversion::Nearness::cosine, "representation",
                           "IIP-MODEL", "by the cosine of " + seen.convention);
}

nlohmann::json identification_json(const inversion::Identification& found) {
  return {{"precision", found.precision},
          {"pool", found.pool},
          {"chance", found.chance},
          {"assigned_chance", found.assigned_chance}};
}

nlohmann::json update_match_json(const inversion::UpdateAgreement& match) {
  return {{"cosine", match.cosine},
          {"sign_match", match.sign_match},
          {"relative_error", match.relative_error}};
}

}  // namespace palimpsest::tools
