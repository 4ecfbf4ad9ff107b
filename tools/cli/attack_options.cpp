#include "tools/cli/attack_options.h"

#include <chrono>
#include <limits>

#include "inversion/defense/undone_by.h"
#include "tools/cli/digest.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/version.h"
#include "tools/cli/words.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

constexpr const char* group = "The attack";
constexpr std::uint64_t largest_seed = std::numeric_limits<std::int64_t>::max();

std::uint64_t seed_from_clock() {
  return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) &
         0x7FFFFFFFU;
}

/// First candidates from a file: members "images" and "target_logits", or one nameless tensor.
void read_start(const std::string& path, inversion::AttackSpec& spec) {
  for (const auto& [name, tensor] : read_update(path).tensors) {
    if (name == "target_logits")
      spec.start_target_logits = tensor;
    else if (name == "latent")
      spec.start_latent = tensor;
    else if (name == "images" || name.empty())
      spec.start_images = tensor;
    else
      throw InputError(text(path, ": members 'images', 'latent' and 'target_logits' expected, '",
                            name, "' came"));
  }
}

}  // namespace

void AttackOptions::add_to(CLI::App& app) {
  model.add_to(app);
  update.add_to(app);
  client.add_to(app);
  const auto option = [&](const char* name, auto& field, const char* help) {
    return app.add_option(name, field, help)->group(group);
  };
  option("--recipe", recipe, "bundled recipe or TOML file")->capture_default_str();
  option("--set", overrides, "override of a recipe's key: search.rate=0.05 (repeatable)");
  option("--precision", precision, "full or mixed: short for --set search.precision=")
      ->check(CLI::IsMember({"full", "mixed"}));
  option("--kernels", kernels, "rules or tuned: short for --set search.kernels=")
      ->check(CLI::IsMember({"rules", "tuned"}));
  option("--seed", seed, "of the first candidates (default: from the clock, and printed)")
      ->check(CLI::Range(std::uint64_t{0}, largest_seed));
  option("--labels", labels, "known classes, e.g. 3,1; implies labels.source=given");
  option("--targets", targets, "npy of known soft targets; implies labels.source=given");
  option("--start", start, "npy or npz of first candidates");
  option("--generator", generator, "ONNX file: latents to images, for searches of latents");
  option("--generator-range", generator_range, "its pixels: unit [0, 1] or symmetric [-1, 1]")
      ->check(CLI::IsMember({"unit", "symmetric"}))
      ->capture_default_str();
  option("--batch-statistics", batch_statistics,
         "npz of the private batch's statistics, for objective.statistics_source=batch");
  option("--truth", truth, "true images, for metrics only (repeatable)");
  option("--truth-labels", truth_labels, "true classes, for metrics only");
  app.add_flag("--reproducible", reproducible, "the same bits whatever --threads is; slower")
      ->group(group);
}

void AttackOptions::add_length_to(CLI::App& app) {
  app.add_option("--iterations", iterations, "short for --set search.iterations=")
      ->check(CLI::PositiveNumber)
      ->group(group);
  app.add_option("--restarts", restarts, "short for --set search.restarts=")
      ->check(CLI::PositiveNumber)
      ->group(group);
}

void AttackOptions::resolve_recipe(Attack& attack, const Console& console) const {
  std::vector<std::string> settings = overrides;
  if (!precision.empty()) settings.push_back("search.precision=" + precision);
  if (!kernels.empty()) settings.push_back("search.kernels=" + kernels);
  attack.recipe = load_recipe(recipe, settings);
  inversion::AttackSpec& spec = attack.recipe.spec;
  if (iterations) spec.iterations = *iterations;
  if (restarts) spec.restarts = *restarts;
  if (seed) spec.seed = *seed;
  if (!seed && spec.seed == 0) {
    spec.seed = former_seed.value_or(seed_from_clock());
    console.note(text("seed ", spec.seed));
  }
  if (!start.empty()) read_start(start, spec);
}

void AttackOptions::resolve_targets(Attack& attack, const UpdateMetadata& metadata,
                                    const Console& console) const {
  std::vector<std::int64_t> known = parse_integers(labels);
  if (known.empty() && targets.empty() && metadata.labels) {
    known = *metadata.labels;
    console.note("labels taken from the update's metadata");
  }
  if (!known.empty())
    attack.problem.targets = Literal::of(Shape{static_cast<std::int64_t>(known.size())}, known);
  if (!targets.empty()) attack.problem.targets = read_tensor(targets);
  if (attack.problem.targets) attack.recipe.spec.labels = inversion::LabelSource::given;
}

/// What the attacker holds beside the model and the update.
void AttackOptions::resolve_knowledge(Attack& attack, const UpdateMetadata& metadata) const {
  inversion::Problem& problem = attack.problem;
  std::vector<inversion::Defense> defenses;
  for (const DefenseRecord& record : metadata.defenses)
    if (record.defense) defenses.push_back(*record.defense);
  problem.known_transform = inversion::transform_against(defenses);
  if (!batch_statistics.empty()) problem.batch_statistics = read_update(batch_statistics).tensors;
  if (generator.empty()) return;
  ModelOptions of_generator = model;
  of_generator.path = generator;
  of_generator.batch = problem.examples;
  of_generator.shapes.clear();  // they are of the model's inputs
  attack.generator = std::make_unique<Model>(of_generator.load());
  problem.generator = attack.generator.get();
  problem.generator_range = generator_range == "symmetric" ? inversion::GeneratorRange::symmetric
                                                           : inversion::GeneratorRange::unit;
}

Identity AttackOptions::identity_of(const Attack& attack) const {
  std::vector<NamedTensor> weights, observed, given;
  for (std::size_t i = 0; i < attack.model->parameters.size(); ++i) {
    const Parameter& parameter = attack.model->parameters[i];
    weights.emplace_back(parameter.name, parameter.initial);
    if (const auto& tensor = attack.problem.observed.tensors[i])
      observed.emplace_back(parameter.name, *tensor);
  }
  const inversion::AttackSpec& spec = attack.recipe.spec;
  if (spec.start_latent) given.emplace_back("latent", *spec.start_latent);
  if (attack.problem.targets) given.emplace_back("targets", *attack.problem.targets);
  if (spec.start_images) given.emplace_back("images", *spec.start_images);
  if (spec.start_target_logits) given.emplace_back("target_logits", *spec.start_target_logits);
  return {{"model", sha256_of_file(model.path)},
          {"weights", sha256(weights)},
          {"update", sha256(observed)},
          {"labels or start", sha256(given)},
          {"running statistics", sha256(attack.problem.buffers)},
          {"batch statistics", sha256(attack.problem.batch_statistics)},
          {"generator", generator.empty() ? "" : sha256_of_file(generator)},
          {"model options", model.facts()},
          {"client options", client.facts(attack.problem.observed.kind)},
          {"settings", attack.resolved},
          {"program", version_text()}};
}

Attack AttackOptions::resolve(const Console& console) {
  Attack attack;
  resolve_recipe(attack, console);
  attack.true_labels = parse_integers(truth_labels);
  attack.model = std::make_unique<Model>(model.load());
  for (const std::string& warning : attack.model->warnings) console.warning(warning);
  const UpdateFile file = update.read(console);
  client.complete(file.metadata);
  attack.problem = client.problem(*attack.model);
  inversion::MappedUpdate mapped = update.mapped(*attack.model, file, console);
  attack.problem.observed = std::move(mapped.observed);
  attack.problem.buffers = std::move(mapped.buffers);
  for (const std::string& lint :
       inversion::lint(*attack.model, attack.problem.observed, attack.problem.loss))
    console.warning(lint);
  resolve_targets(attack, file.metadata, console);
  resolve_knowledge(attack, file.metadata);
  if (!truth.empty()) attack.truth = read_image_batch(truth, *attack.model);
  attack.resolved = recipe_toml(attack.recipe);
  attack.identity = identity_of(attack);
  return attack;
}

std::optional<KernelCache> AttackOptions::kernel_cache(const Attack& attack,
                                                       const Console& console) const {
  if (attack.recipe.spec.kernels == inversion::KernelSelection::rules) return std::nullopt;
  if (!reproducible) return KernelCache(console);
  console.note("kernels go by the rules: --reproducible does not measure");
  return std::nullopt;
}

}  // namespace palimpsest::tools
