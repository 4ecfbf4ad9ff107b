#include "tools/cli/audit_options.h"

#include <algorithm>
#include <limits>

#include "tools/audit/sent_update.h"
#include "tools/cli/digest.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/version.h"
#include "tools/cli/words.h"
#include "tools/io/escape.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

constexpr const char* group = "The audit";

/// Iterations for all attacks ("300") or for one ("dlg=300").
struct Budget {
  std::string attack;  ///< empty: all
  std::int64_t iterations = 0;
};

Budget parse_budget(const std::string& words) {
  Budget budget{{}, 0};
  std::string number = words;
  if (words.find('=') != std::string::npos) std::tie(budget.attack, number) = parse_pair(words);
  budget.iterations = parse_integer(number);
  if (budget.iterations < 1)
    throw UsageError(
        text("--budget: at least 1 iteration expected, ", quoted_name(words), " came"));
  return budget;
}

}  // namespace

void AuditOptions::add_to(CLI::App& app) {
  model.add_to(app);
  client.add_to(app);
  const auto option = [&](const char* name, auto& field, const char* help) {
    return app.add_option(name, field, help)->group(group);
  };
  option("--images", images, "PNG, JPEG or npy files, or folders of them")->required();
  option("--labels", labels, "class of each image, e.g. 3,1");
  option("--targets", targets, "npy of soft or regression targets, instead of labels");
  option("--attacks", attacks, "recipes, by name or TOML file, e.g. dlg,inverting-gradients")
      ->required()
      ->delimiter(',');
  option("--defenses", defenses, "e.g. none,gaussian:0.1,clip:4 (default: none)")->delimiter(',');
  option("--batch-of", images_per_update, "images behind each update")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  option("--seeds", seeds, "seeds that every cell is run with")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  option("--seed", first_seed, "the first of them")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{std::numeric_limits<std::int32_t>::max()}))
      ->capture_default_str();
  option("--budget", budgets, "iterations of all attacks, or of one: dlg=300 (repeatable)")
      ->delimiter(',');
  option("--set", overrides, "override of a key of all recipes: search.rate=0.05 (repeatable)");
  option("--generator", generator, "ONNX file: latents to images, for recipes that search latents");
  option("--generator-range", generator_range, "its pixels: unit [0, 1] or symmetric [-1, 1]")
      ->check(CLI::IsMember({"unit", "symmetric"}))
      ->capture_default_str();
  option("--max-psnr", thresholds.psnr, "exit 1 when an image is recovered above so many dB");
  option("--max-gain", thresholds.gain,
         "exit 1 when a mean lies so many dB beyond that of the best control");
  app.add_flag("--reproducible", reproducible, "the same bits whatever --threads is; slower")
      ->group(group);
}

void AuditOptions::check() const {
  for (const std::string& defense : defenses) check_defense(defense);
  recipes();
  if (labels.empty() == targets.empty())
    throw UsageError("--labels or --targets: one of them is needed");
  if (client.examples && *client.examples != images_per_update)
    throw UsageError(
        text("--examples: ", *client.examples, " given, --batch-of says ", images_per_update));
}

std::vector<Recipe> AuditOptions::recipes() const {
  std::vector<Recipe> recipes;
  for (const std::string& attack : attacks) recipes.push_back(load_recipe(attack, overrides));
  for (const std::string& words : budgets) {
    const Budget budget = parse_budget(words);
    bool used = false;
    for (std::size_t i = 0; i < recipes.size(); ++i) {
      const bool meant =
          budget.attack.empty() || budget.attack == attacks[i] || budget.attack == recipes[i].name;
      if (meant) recipes[i].spec.iterations = budget.iterations;
      used = used || meant;
    }
    if (!used)
      throw UsageError(text("--budget: ", quoted_name(budget.attack), " is none of the attacks"));
  }
  for (Recipe& recipe : recipes) {
    recipe.spec.seed = 0;                                     // each run has its own
    recipe.spec.kernels = inversion::KernelSelection::rules;  // a resumed audit measures nothing
  }
  return recipes;
}

AuditModels AuditOptions::load(const Console& console) {
  if (model.batch == 0) model.batch = images_per_update;
  AuditModels models{std::make_unique<Model>(model.load()), nullptr};
  if (!generator.empty()) {
    ModelOptions of_generator = model;
    of_generator.path = generator;
    of_generator.batch = images_per_update;
    of_generator.shapes.clear();  // they are of the model's inputs
    models.generator = std::make_unique<Model>(of_generator.load());
  }
  for (const std::string& warning : models.model->warnings) console.warning(warning);
  return models;
}

Literal AuditOptions::read_targets(std::int64_t count) const {
  Literal read;
  if (targets.empty()) {
    const std::vector<std::int64_t> classes = parse_integers(labels);
    read = Literal::of(Shape{static_cast<std::int64_t>(classes.size())}, classes);
  } else {
    read = read_tensor(targets);
  }
  if (read.shape().rank() == 0 || read.shape()[0] != count)
    throw UsageError(text(targets.empty() ? "--labels" : "--targets", ": one for each of ", count,
                          " images expected, ", read.shape(), " came"));
  return read;
}

AuditPlan AuditOptions::plan(const AuditModels& models) {
  AuditPlan plan;
  client.examples = images_per_update;
  plan.client = client.problem(*models.model);
  plan.client.generator = models.generator.get();
  if (generator_range == "symmetric")
    plan.client.generator_range = inversion::GeneratorRange::symmetric;
  plan.client.observed.kind = client.steps.value_or(1) == 1 ? inversion::UpdateKind::gradient
                                                            : inversion::UpdateKind::delta;
  plan.images = read_image_batch(images, *models.model);
  if (plan.images.shape()[0] % images_per_update != 0)
    throw UsageError(text("--images: a multiple of --batch-of ", images_per_update, " expected, ",
                          plan.images.shape()[0], " came"));
  plan.targets = read_targets(plan.images.shape()[0]);
  plan.attacks = recipes();
  plan.defenses = defenses.empty() ? std::vector<std::string>{"none"} : defenses;
  plan.first_seed = first_seed;
  plan.seeds = seeds;
  plan.identity = identity_of(plan);
  return plan;
}

Identity AuditOptions::identity_of(const AuditPlan& plan) const {
  std::vector<NamedTensor> weights;
  for (const Parameter& parameter : plan.client.model->parameters)
    weights.emplace_back(parameter.name, parameter.initial);
  std::string all_attacks, all_defenses;
  for (const Recipe& recipe : plan.attacks) all_attacks += recipe_toml(recipe);
  for (const std::string& defense : plan.defenses) all_defenses += defense + "\n";
  return {{"model", sha256_of_file(model.path)},
          {"weights", sha256(weights)},
          {"images", sha256(std::vector<NamedTensor>{{"images", plan.images}})},
          {"targets", sha256(std::vector<NamedTensor>{{"targets", plan.targets}})},
          {"images per update", text(images_per_update)},
          {"seeds", text(first_seed, " and following, ", seeds)},
          {"generator", generator.empty() ? "" : sha256_of_file(generator)},
          {"model options", model.facts()},
          {"client options", client.facts(plan.client.observed.kind)},
          {"attacks", all_attacks},
          {"defences", all_defenses},
          {"program", version_text()}};
}

}  // namespace palimpsest::tools
