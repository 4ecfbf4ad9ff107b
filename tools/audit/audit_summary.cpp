#include "tools/audit/audit_summary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/cli/console.h"
#include "tools/cli/digest.h"
#include "tools/cli/version.h"
#include "tools/io/files.h"

namespace palimpsest::tools {
namespace {

using inversion::Estimate;
using inversion::Gain;
using nlohmann::json;

constexpr int schema_version = 1;

std::size_t index_of(const std::vector<AuditSubject>& subjects, const AuditSubject& subject) {
  return static_cast<std::size_t>(std::ranges::find(subjects, subject) - subjects.begin());
}

/// null where it is absent.
json optional_json(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

json estimate_json(const Estimate& estimate) {
  return {{"mean", estimate.mean},
          {"low", optional_json(estimate.low)},
          {"high", optional_json(estimate.high)},
          {"units", estimate.units}};
}

json gain_json(const std::optional<Gain>& gain) {
  if (!gain) return nullptr;
  json out = estimate_json(gain->difference);
  out["control"] = gain->control;
  return out;
}

json conventions_json() {
  return {{"psnr", "pixels in [0,1], peak 1, dB, at most 100; mean of the images' PSNRs"},
          {"ssim", "Gaussian 11x11, sigma 1.5; mean over windows and channels"},
          {"pairs", "recovered images assigned to true ones by least squared error"},
          {"controls", "the same recipe without the update, given the true labels"},
          {"gain", "attack minus the control of the highest mean, paired by image and seed"},
          {"intervals", "95 %, Student's t over groups of images, with one group over its seeds"}};
}

json attack_json(const Recipe& recipe) {
  return {{"name", recipe.name},
          {"title", recipe.title},
          {"citation", recipe.citation},
          {"needs", recipe.needs},
          {"iterations", recipe.spec.iterations},
          {"restarts", recipe.spec.restarts},
          {"labels", recipe.spec.labels == inversion::LabelSource::given ? "given" : "not given"},
          {"settings_sha256", sha256(byte_view(recipe_toml(recipe)))}};
}

/// "12.1 [10.3, 13.9]"
std::string words_of(const Estimate& estimate) {
  if (std::isnan(estimate.mean)) return "-";
  std::string words = readable_number(estimate.mean);
  if (estimate.low)
    words += text(" [", readable_number(*estimate.low), ", ", readable_number(*estimate.high), ']');
  return words;
}

}  // namespace

AuditSummary::AuditSummary(const AuditPlan& plan, const std::vector<AuditResult>& results,
                           const inversion::Thresholds& thresholds)
    : plan_(plan),
      thresholds_(thresholds),
      subjects_(subjects_of(plan)),
      outcomes_(subjects_.size()) {
  const std::vector<AuditRun> runs = runs_of(plan);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    inversion::Outcomes& outcomes = outcomes_[index_of(subjects_, runs[i].subject)];
    ++outcomes.runs;
    if (!results[i].failure.empty()) ++outcomes.failed;
    outcomes.images.insert(outcomes.images.end(), results[i].images.begin(),
                           results[i].images.end());
    if (results[i].label_recall) outcomes.label_recalls.push_back(*results[i].label_recall);
  }
  for (std::size_t attack = 0; attack < plan.attacks.size(); ++attack)
    for (std::size_t defense = 0; defense < plan.defenses.size(); ++defense) {
      std::vector<inversion::NamedOutcomes> controls;
      for (const AuditSubject& control : controls_of(plan, attack, defense))
        controls.push_back({std::string(inversion::name_of(*control.control)),
                            outcomes_[index_of(subjects_, control)]});
      const AuditSubject subject{attack, std::nullopt, defense};
      Cell cell{attack,
                defense,
                inversion::figures_of(outcomes_[index_of(subjects_, subject)], controls),
                inversion::Finding::no_result,
                {}};
      cell.finding = inversion::finding_of(cell.figures);
      cell.exceeded = inversion::exceeded(cell.figures, thresholds);
      cells_.push_back(std::move(cell));
    }
}

bool AuditSummary::exceeds_threshold() const {
  return std::ranges::any_of(cells_, [](const Cell& cell) { return !cell.exceeded.empty(); });
}

bool AuditSummary::lacks_results() const {
  return std::ranges::any_of(
      cells_, [](const Cell& cell) { return cell.finding == inversion::Finding::no_result; });
}

/// The image that the cell's attack recovered best, and the same image by its best control.
json AuditSummary::example_of(const Cell& cell) const {
  const AuditSubject subject{cell.attack, std::nullopt, cell.defense};
  const auto& images = outcomes_[index_of(subjects_, subject)].images;
  const auto best = std::ranges::max_element(images, {}, &inversion::ImageOutcome::psnr);
  if (best == images.end()) return nullptr;
  const auto folder = [&](const AuditSubject& of) {
    return folder_of(plan_, {of, best->group, best->seed});
  };
  json example{{"image", best->image},
               {"row", best->image - best->group * plan_.client.examples},
               {"psnr", best->psnr},
               {"run", folder(subject)},
               {"control_run", nullptr}};
  for (const AuditSubject& control : controls_of(plan_, cell.attack, cell.defense))
    if (cell.figures.psnr_gain &&
        inversion::name_of(*control.control) == cell.figures.psnr_gain->control)
      example["control_run"] = folder(control);
  return example;
}

json AuditSummary::cell_json(const Cell& cell) const {
  const inversion::CellFigures& figures = cell.figures;
  return {{"attack", plan_.attacks[cell.attack].name},
          {"defense", plan_.defenses[cell.defense]},
          {"psnr", estimate_json(figures.psnr)},
          {"ssim", estimate_json(figures.ssim)},
          {"highest_psnr", figures.highest_psnr},
          {"psnr_gain", gain_json(figures.psnr_gain)},
          {"ssim_gain", gain_json(figures.ssim_gain)},
          {"label_recall", figures.label_recall},
          {"runs", figures.runs},
          {"failed", figures.failed},
          {"finding", inversion::words_of(cell.finding)},
          {"exceeded", cell.exceeded},
          {"example", example_of(cell)}};
}

json AuditSummary::control_json(const AuditSubject& subject) const {
  const inversion::Outcomes& outcomes = outcomes_[index_of(subjects_, subject)];
  return {{"attack", plan_.attacks[subject.attack].name},
          {"control", inversion::name_of(*subject.control)},
          {"defense", subject.defense ? json(plan_.defenses[*subject.defense]) : json(nullptr)},
          {"psnr", estimate_json(inversion::mean_of(outcomes, inversion::Metric::psnr))},
          {"ssim", estimate_json(inversion::mean_of(outcomes, inversion::Metric::ssim))},
          {"runs", outcomes.runs},
          {"failed", outcomes.failed}};
}

json AuditSummary::as_json() const {
  json out{{"schema_version", schema_version},
           {"program", version_text()},
           {"identity", plan_.identity},
           {"images", plan_.images.shape()[0]},
           {"images_per_update", plan_.client.examples},
           {"first_seed", plan_.first_seed},
           {"seeds", plan_.seeds},
           {"defenses", plan_.defenses},
           {"thresholds",
            {{"psnr", optional_json(thresholds_.psnr)}, {"gain", optional_json(thresholds_.gain)}}},
           {"conventions", conventions_json()},
           {"attacks", json::array()},
           {"cells", json::array()},
           {"controls", json::array()}};
  for (const Recipe& recipe : plan_.attacks) out["attacks"].push_back(attack_json(recipe));
  for (const Cell& cell : cells_) out["cells"].push_back(cell_json(cell));
  for (const AuditSubject& subject : subjects_)
    if (subject.control) out["controls"].push_back(control_json(subject));
  out["threshold_exceeded"] = exceeds_threshold();
  return out;
}

std::vector<std::vector<std::string>> AuditSummary::table() const {
  std::vector<std::vector<std::string>> rows{
      {"ATTACK", "DEFENCE", "PSNR", "BEST", "SSIM", "GAIN", "BEYOND", "FINDING"}};
  for (const Cell& cell : cells_) {
    const std::optional<Gain>& gain = cell.figures.psnr_gain;
    rows.push_back({plan_.attacks[cell.attack].name, plan_.defenses[cell.defense],
                    words_of(cell.figures.psnr), readable_number(cell.figures.highest_psnr),
                    words_of(cell.figures.ssim), gain ? words_of(gain->difference) : "-",
                    gain ? gain->control : "-", std::string(inversion::words_of(cell.finding))});
  }
  return rows;
}

}  // namespace palimpsest::tools
