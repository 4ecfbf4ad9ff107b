#include "tools/cli/recipe.h"

#include <limits>

#include "tools/cli/exit_code.h"
#include "tools/io/config.h"
#include "tools/io/escape.h"
#include "tools/io/suggestion.h"

namespace palimpsest::tools {
namespace {

using namespace inversion;
using optimizers::GradientShape;
using optimizers::ScheduleKind;

constexpr std::pair<std::string_view, DistanceKind> distances[] = {
    {"squared-l2", DistanceKind::squared_l2}, {"cosine", DistanceKind::cosine}};
constexpr std::pair<std::string_view, Route> routes[] = {
    {"automatic", Route::automatic},
    {"forward-over-reverse", Route::forward_over_reverse},
    {"reverse-over-reverse", Route::reverse_over_reverse}};
constexpr std::pair<std::string_view, LabelSource> label_sources[] = {
    {"given", LabelSource::given},
    {"recover", LabelSource::recover},
    {"joint", LabelSource::joint}};
constexpr std::pair<std::string_view, ImageOptimizer> image_optimizers[] = {
    {"lbfgs", ImageOptimizer::lbfgs}, {"adam", ImageOptimizer::adam}};
constexpr std::pair<std::string_view, GradientShape> gradient_shapes[] = {
    {"raw", GradientShape::raw},
    {"hard-sign", GradientShape::hard_sign},
    {"soft-sign", GradientShape::soft_sign}};
constexpr std::pair<std::string_view, Box> boxes[] = {{"none", Box::none}, {"clip", Box::clip}};
constexpr std::pair<std::string_view, Keep> keeps[] = {{"best", Keep::best}, {"last", Keep::last}};
constexpr std::pair<std::string_view, Precision> precisions[] = {{"full", Precision::full},
                                                                 {"mixed", Precision::mixed}};
constexpr std::pair<std::string_view, KernelSelection> kernel_selections[] = {
    {"rules", KernelSelection::rules}, {"tuned", KernelSelection::tuned}};
constexpr std::pair<std::string_view, Start> starts[] = {
    {"normal", Start::normal}, {"uniform", Start::uniform}, {"zeros", Start::zeros}};
constexpr std::pair<std::string_view, ScheduleKind> schedules[] = {
    {"constant", ScheduleKind::constant},
    {"step-decay", ScheduleKind::step_decay},
    {"cosine", ScheduleKind::cosine}};

constexpr double largest = 1e30;
constexpr std::int64_t most_iterations = 100'000'000;

template <class T>
void assign(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

void assign(int& field, const std::optional<std::int64_t>& value) {
  if (value) field = static_cast<int>(*value);
}

void read_objective(ConfigTable table, ObjectiveSpec& objective) {
  assign(objective.distance, table.choice("distance", distances));
  assign(objective.matching, table.number("matching", 0, largest));
  assign(objective.total_variation, table.number("total_variation", 0, largest));
  assign(objective.image_norm, table.number("image_norm", 0, largest));
  assign(objective.route, table.choice("route", routes));
  table.refuse_unknown_keys();
}

void read_labels(ConfigTable table, AttackSpec& spec) {
  assign(spec.labels, table.choice("source", label_sources));
  if (const auto rule = table.string("rule")) spec.label_rule = label_rule_of(*rule);
  table.refuse_unknown_keys();
}

void read_search(ConfigTable table, AttackSpec& spec) {
  assign(spec.optimizer, table.choice("optimizer", image_optimizers));
  assign(spec.rate, table.number("rate", 0, largest));
  assign(spec.gradient_shape, table.choice("gradient", gradient_shapes));
  assign(spec.box, table.choice("box", boxes));
  assign(spec.keep, table.choice("keep", keeps));
  assign(spec.precision, table.choice("precision", precisions));
  assign(spec.kernels, table.choice("kernels", kernel_selections));
  assign(spec.start, table.choice("start", starts));
  assign(spec.iterations, table.integer("iterations", 1, most_iterations));
  assign(spec.restarts, table.integer("restarts", 1, 1'000'000));
  assign(spec.target, table.number("target", 0, largest));
  if (const auto seed = table.integer("seed", 0, std::numeric_limits<std::int64_t>::max()))
    spec.seed = static_cast<std::uint64_t>(*seed);
  table.refuse_unknown_keys();
}

void read_schedule(ConfigTable table, optimizers::Schedule& schedule) {
  assign(schedule.kind, table.choice("kind", schedules));
  assign(schedule.warmup, table.integer("warmup", 0, most_iterations));
  table.refuse_unknown_keys();
}

void read_lbfgs(ConfigTable table, optimizers::LbfgsSettings& lbfgs) {
  assign(lbfgs.rate, table.number("rate", 0, largest));
  assign(lbfgs.max_iterations, table.integer("max_iterations", 1, 1'000'000));
  assign(lbfgs.max_evaluations, table.integer("max_evaluations", 1, 1'000'000));
  assign(lbfgs.tolerance_gradient, table.number("tolerance_gradient", 0, 1));
  assign(lbfgs.tolerance_change, table.number("tolerance_change", 0, 1));
  assign(lbfgs.history, table.integer("history", 1, 10'000));
  table.refuse_unknown_keys();
}

void read_adam(ConfigTable table, optimizers::AdamSettings& adam) {
  assign(adam.beta1, table.number("beta1", 0, 1));
  assign(adam.beta2, table.number("beta2", 0, 1));
  assign(adam.epsilon, table.number("epsilon", 0, 1));
  table.refuse_unknown_keys();
}

Recipe parse(const Config& config) {
  Recipe recipe;
  ConfigTable root = config.root();
  assign(recipe.name, root.string("name"));
  assign(recipe.title, root.string("title"));
  assign(recipe.citation, root.string("citation"));
  assign(recipe.needs, root.string("needs"));
  recipe.spec.name = recipe.name;
  if (auto table = root.table("objective")) read_objective(*table, recipe.spec.objective);
  if (auto table = root.table("labels")) read_labels(*table, recipe.spec);
  if (auto table = root.table("search")) read_search(*table, recipe.spec);
  if (auto table = root.table("schedule")) read_schedule(*table, recipe.spec.schedule);
  if (auto table = root.table("lbfgs")) read_lbfgs(*table, recipe.spec.lbfgs);
  if (auto table = root.table("adam")) read_adam(*table, recipe.spec.adam);
  root.refuse_unknown_keys();
  return recipe;
}

/// "search.rate=0.1" as a document. A value that is no TOML value is taken as a string.
Config override_config(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(text("--set: key=value expected, ", quoted_name(assignment), " came"));
  const std::string key = assignment.substr(0, equals), value = assignment.substr(equals + 1);
  try {
    return Config::parse(text(key, " = ", value), "--set");
  } catch (const InputError&) {
    ConfigWriter writer;
    writer.value(key, value);
    return Config::parse(writer.text(), "--set");
  }
}

Config named_config(const std::string& word) {
  if (word.ends_with(".toml")) return Config::load(word);
  std::vector<std::string> names;
  for (const BundledRecipe& recipe : bundled_recipes()) {
    if (recipe.name == word) return Config::parse(recipe.toml, text(word, ".toml"));
    names.push_back(recipe.name);
  }
  throw UsageError(text("there is no recipe ", quoted_name(word), did_you_mean(word, names)));
}

template <class T, std::size_t N>
std::string_view name_in(const std::pair<std::string_view, T> (&names)[N], T value) {
  for (const auto& [name, result] : names)
    if (result == value) return name;
  return "?";
}

void write_search(ConfigWriter& out, const AttackSpec& spec) {
  out.table("search");
  out.value("optimizer", name_in(image_optimizers, spec.optimizer));
  out.value("rate", spec.rate);
  out.value("gradient", name_in(gradient_shapes, spec.gradient_shape));
  out.value("box", name_in(boxes, spec.box));
  out.value("precision", name_in(precisions, spec.precision));
  out.value("kernels", name_in(kernel_selections, spec.kernels));
  out.value("keep", name_in(keeps, spec.keep));
  out.value("start", name_in(starts, spec.start));
  out.value("iterations", spec.iterations);
  out.value("restarts", spec.restarts);
  out.value("target", spec.target);
  out.value("seed", static_cast<std::int64_t>(spec.seed));
  out.table("schedule");
  out.value("kind", name_in(schedules, spec.schedule.kind));
  out.value("warmup", spec.schedule.warmup);
}

void write_optimizers(ConfigWriter& out, const AttackSpec& spec) {
  out.table("lbfgs");
  out.value("rate", spec.lbfgs.rate);
  out.value("max_iterations", std::int64_t{spec.lbfgs.max_iterations});
  out.value("max_evaluations", std::int64_t{spec.lbfgs.max_evaluations});
  out.value("tolerance_gradient", spec.lbfgs.tolerance_gradient);
  out.value("tolerance_change", spec.lbfgs.tolerance_change);
  out.value("history", std::int64_t{spec.lbfgs.history});
  out.table("adam");
  out.value("beta1", spec.adam.beta1);
  out.value("beta2", spec.adam.beta2);
  out.value("epsilon", spec.adam.epsilon);
}

}  // namespace

Recipe load_recipe(const std::string& word, const std::vector<std::string>& overrides) {
  try {
    Config config = named_config(word);
    for (const std::string& assignment : overrides)
      config = config.overlaid(override_config(assignment));
    return parse(config);
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
}

std::string recipe_toml(const Recipe& recipe) {
  const AttackSpec& spec = recipe.spec;
  ConfigWriter out;
  out.value("name", recipe.name);
  out.value("title", recipe.title);
  out.value("citation", recipe.citation);
  out.value("needs", recipe.needs);
  out.table("objective");
  out.value("distance", name_in(distances, spec.objective.distance));
  out.value("matching", spec.objective.matching);
  out.value("total_variation", spec.objective.total_variation);
  out.value("image_norm", spec.objective.image_norm);
  out.value("route", name_in(routes, spec.objective.route));
  out.table("labels");
  out.value("source", name_in(label_sources, spec.labels));
  out.value("rule", name_of(spec.label_rule));
  write_search(out, spec);
  write_optimizers(out, spec);
  return out.text();
}

}  // namespace palimpsest::tools
