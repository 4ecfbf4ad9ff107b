#include "tools/cli/attacked_model.h"

#include <algorithm>

#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

Literal classes(const std::vector<std::int64_t>& labels) {
  return Literal::of(Shape{static_cast<std::int64_t>(labels.size())}, labels);
}

bool trains_batch_norm(const Model& model) {
  return std::any_of(model.batch_norms.begin(), model.batch_norms.end(),
                     [](const BatchNormSite& site) { return site.train; });
}

}  // namespace

inversion::Problem AttackedModel::evaluation_problem() const {
  inversion::Problem result = problem;
  if (evaluated) result.model = evaluated.get();
  return result;
}

void AttackedModelOptions::add_to(CLI::App& app) {
  model.add_optional_to(app);
  update.add_to(app);
  app.get_option("--update")->required(false);
  client.add_to(app);
  app.add_option("--labels", labels,
                 "class of each recovered image (default: as the run has them)");
  app.add_option("--targets", targets, "npy of the targets of the recovered images");
}

AttackedModel AttackedModelOptions::resolve(std::int64_t examples, const Console& console) const {
  AttackedModel result;
  ClientOptions completed = client;
  UpdateFile file;
  if (has_update()) {
    file = update.read(console);
    completed.complete(file.metadata);
    if (file.metadata.labels) result.recorded_targets = classes(*file.metadata.labels);
  }
  if (!labels.empty()) result.given_targets = classes(parse_integers(labels));
  if (!targets.empty()) result.given_targets = read_tensor(targets);

  ModelOptions options = model;
  if (options.batch == 0) options.batch = completed.batch.value_or(examples);
  result.model = std::make_unique<Model>(options.load());
  for (const std::string& warning : result.model->warnings) console.warning(warning);
  result.threads = options.thread_count(*result.model);
  if (trains_batch_norm(*result.model)) {
    options.batch_norm = "eval";
    result.evaluated = std::make_unique<Model>(options.load());
  }
  result.problem = completed.problem(*result.model);
  if (has_update()) {
    const inversion::MappedUpdate mapped = update.mapped(*result.model, file, console);
    result.problem.observed = mapped.observed;
  }
  return result;
}

}  // namespace palimpsest::tools
