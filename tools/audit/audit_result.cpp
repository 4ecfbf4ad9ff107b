#include "tools/audit/audit_result.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "tools/cli/attack_results.h"
#include "tools/cli/version.h"
#include "tools/io/files.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int schema_version = 1;
constexpr std::uint64_t most_bytes = std::uint64_t{16} << 20;

json heading(const AuditPlan& plan, const AuditRun& run, const char* status) {
  const AuditSubject& subject = run.subject;
  json audited{{"attack", plan.attacks[subject.attack].name}, {"group", run.group}};
  if (subject.control) audited["control"] = inversion::name_of(*subject.control);
  if (subject.defense) audited["defense"] = plan.defenses[*subject.defense];
  return {{"schema_version", schema_version},
          {"program", version_text()},
          {"status", status},
          {"recipe", plan.attacks[subject.attack].name},
          {"seed", run.seed},
          {"audited", audited}};
}

void write(const fs::path& file, const json& content) {
  write_atomically(file, content.dump(2, ' ', false, json::error_handler_t::replace).append("\n"));
}

/// The recovered images in the order of the true ones they are assigned to.
Literal in_order_of_truth(const Literal& images, const inversion::ImageScores& scores) {
  const std::vector<Literal> all = unstacked(images);
  std::vector<Literal> ordered;
  for (const inversion::ImageScore& score : scores.images)
    ordered.push_back(all[static_cast<std::size_t>(score.recovered)]);
  return stacked(ordered);
}

json outcomes_json(const AuditResult& result) {
  json outcomes = json::array();
  for (const inversion::ImageOutcome& outcome : result.images)
    outcomes.push_back({{"image", outcome.image}, {"psnr", outcome.psnr}, {"ssim", outcome.ssim}});
  return outcomes;
}

}  // namespace

AuditResult keep_result(const fs::path& folder, const AuditPlan& plan, const AuditRun& run,
                        const inversion::Reconstruction& found, double wall_seconds) {
  const std::int64_t count = plan.client.examples, first = run.group * count;
  const Literal truth = rows_of(plan.images, first, count);
  const inversion::ImageScores scores = inversion::score_images(found.images, truth);
  AuditResult result{{}, inversion::outcomes_of(scores, run.group, run.seed), std::nullopt};
  if (!is_float(plan.targets.dtype()) && !is_float(found.labels.dtype()))
    result.label_recall = inversion::label_recall(found.labels.integers(),
                                                  rows_of(plan.targets, first, count).integers());

  Recipe recipe = plan.attacks[run.subject.attack];
  recipe.spec = spec_of(plan, run);
  json kept = heading(plan, run, "finished");
  kept["objective"] = found.objective;
  kept["best_restart"] = found.best_restart;
  kept["wall_seconds"] = wall_seconds;
  kept["metrics"] = scores_json(scores);
  for (json& image : kept["metrics"]["images"]) image["recovered"] = image["truth"];
  kept["outcomes"] = outcomes_json(result);
  if (result.label_recall) kept["label_instance_recall"] = *result.label_recall;
  fs::create_directories(folder);
  write_atomically(folder / "config.toml", recipe_toml(recipe));
  write_atomically(folder / "recon.npz",
                   npz_bytes({{"images", in_order_of_truth(found.images, scores)}}));
  write_atomically(folder / "truth.npz", npz_bytes({{"images", truth}}));
  write(folder / "result.json", kept);
  return result;
}

AuditResult keep_failure(const fs::path& folder, const AuditPlan& plan, const AuditRun& run,
                         const std::string& failure) {
  json kept = heading(plan, run, "failed");
  kept["failure"] = failure;
  fs::create_directories(folder);
  write(folder / "result.json", kept);
  return {failure, {}, std::nullopt};
}

std::optional<AuditResult> kept_result(const fs::path& folder, const AuditRun& run) {
  const fs::path file = folder / "result.json";
  if (!fs::exists(file)) return std::nullopt;
  const Bytes bytes = read_file(file, most_bytes);
  const json kept = strict_json(characters(bytes), {}, file.string());
  try {
    AuditResult result;
    if (kept.at("status") == "failed") {
      result.failure = kept.at("failure").get<std::string>();
      return result;
    }
    for (const json& outcome : kept.at("outcomes")) {
      const json& ssim = outcome.at("ssim");  // null: images too small for it
      result.images.push_back(
          {outcome.at("image").get<std::int64_t>(), run.group, run.seed,
           outcome.at("psnr").get<double>(),
           ssim.is_null() ? std::numeric_limits<double>::quiet_NaN() : ssim.get<double>()});
    }
    if (kept.contains("label_instance_recall"))
      result.label_recall = kept["label_instance_recall"].get<double>();
    return result;
  } catch (const json::exception& error) {
    throw InputError(text(file.string(), ": not the result of a run: ", error.what()));
  }
}

}  // namespace palimpsest::tools
