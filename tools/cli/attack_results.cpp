#include "tools/cli/attack_results.h"

#include <sys/utsname.h>

#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tools/cli/host.h"
#include "tools/cli/version.h"
#include "tools/io/image.h"
#include "tools/io/image_grid.h"
#include "tools/io/npz.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;

std::string numbered(std::size_t index) {
  std::ostringstream name;
  name << "recon_" << std::setw(4) << std::setfill('0') << index << ".png";
  return name.str();
}

std::string_view word_of(inversion::RestartOutcome outcome) {
  switch (outcome) {
    case inversion::RestartOutcome::pending:
      return "pending";
    case inversion::RestartOutcome::finished:
      return "finished";
    case inversion::RestartOutcome::reached_target:
      return "reached target";
    case inversion::RestartOutcome::failed:
      return "failed";
  }
  return "?";
}

json restarts_json(const inversion::Reconstruction& found) {
  json restarts = json::array();
  for (const inversion::RestartReport& restart : found.restarts)
    restarts.push_back({{"outcome", word_of(restart.outcome)},
                        {"objective", restart.objective},
                        {"iterations", restart.iterations},
                        {"failure", restart.failure}});
  return restarts;
}

json host_json() {
  utsname host{};
  uname(&host);
  return {{"system", host.sysname}, {"release", host.release}, {"machine", host.machine}};
}

json knowledge_json(const Attack& attack) {
  const inversion::Problem& problem = attack.problem;
  return {
      {"labels", problem.targets ? "given" : "not given"},
      {"update", problem.observed.kind == inversion::UpdateKind::gradient ? "gradient" : "delta"},
      {"examples", problem.examples},
      {"local_steps", problem.training.steps},
      {"generator", problem.generator != nullptr},
      {"batch_statistics", !problem.batch_statistics.empty()},
      {"running_statistics", !problem.buffers.empty()}};
}

void write_images(const RunFolder& folder, const inversion::Reconstruction& found) {
  if (found.images.shape().rank() != 4) return;
  const std::vector<Literal> images = unstacked(found.images);
  for (std::size_t i = 0; i < images.size(); ++i)
    write_atomically(folder.file("recon", numbered(i)), encode_png(images[i]));
  write_atomically(folder.file("grid.png"), encode_png(image_grid(images)));
}

}  // namespace

json write_results(const RunFolder& folder, const Attack& attack,
                   const inversion::Reconstruction& found, const RunFigures& figures) {
  write_images(folder, found);
  std::vector<inversion::NamedTensor> tensors{{"images", found.images},
                                              {"raw", found.raw},
                                              {"labels", found.labels},
                                              {"targets", found.targets}};
  if (found.latent) tensors.emplace_back("latent", *found.latent);
  write_atomically(folder.file("recon.npz"), npz_bytes(tensors));
  json result{{"schema_version", schema_version},
              {"program", version_text()},
              {"status", figures.status},
              {"command_line", figures.command_line},
              {"recipe", attack.recipe.name},
              {"seed", attack.recipe.spec.seed},
              {"identity", attack.identity},
              {"attacker_knows", knowledge_json(attack)},
              {"host", host_json()},
              {"threads", figures.threads},
              {"wall_seconds", figures.wall_seconds},
              {"predicted_bytes", figures.predicted_bytes},
              {"peak_resident_bytes", peak_resident_bytes()},
              {"objective", found.objective},
              {"best_restart", found.best_restart},
              {"restarts", restarts_json(found)}};
  if (!is_float(found.labels.dtype())) {
    const std::vector<std::int64_t> labels = found.labels.integers();
    result["labels"] = labels;
    if (!attack.true_labels.empty())
      result["label_instance_recall"] = inversion::label_recall(labels, attack.true_labels);
  }
  if (found.recovered)
    result["label_rule"] = {{"rule", inversion::name_of(found.recovered->rule)},
                            {"note", found.recovered->note}};
  if (attack.truth) {
    const inversion::ImageScores scores = inversion::score_images(found.images, *attack.truth);
    write_comparison(folder, *attack.truth, found.images, scores);
    result["metrics"] = scores_json(scores);
  }
  folder.write("result.json", result);
  return result;
}

}  // namespace palimpsest::tools
