// closed-form: what an update gives away without any search, and whether a received model was made
// for that.

#include "inversion/closed_form/linear_inversion.h"
#include "inversion/closed_form/r_gap.h"
#include "ops/cpu_kernels.h"
#include "tools/cli/client_options.h"
#include "tools/cli/closed_form_results.h"
#include "tools/cli/commands.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/model_options.h"
#include "tools/cli/update_options.h"

namespace palimpsest::tools {
namespace {

using inversion::Evidence;
using inversion::ReadExample;
using nlohmann::json;

/// Which closed forms a model admits.
struct Admitted {
  inversion::InputLayerSearch first_layer;
  std::vector<inversion::Imprint> imprints;
  inversion::ChainSearch chain;
};

Admitted admitted_by(const Model& model) {
  Admitted admitted{
      inversion::find_input_layer(model, all_cpu_kernels()), {}, inversion::find_chain(model)};
  if (admitted.first_layer.layer)
    admitted.imprints = inversion::find_imprints(model, *admitted.first_layer.layer);
  return admitted;
}

json layer_json(const Model& model, const inversion::InputLayer& layer) {
  return {{"node", layer.node},
          {"weight", model.parameters[layer.weight].name},
          {"bias", model.parameters[layer.bias].name},
          {"units", layer.units},
          {"inputs", layer.inputs}};
}

json admitted_json(const Model& model, const Admitted& admitted) {
  json data{{"first_layer", nullptr}, {"imprints", json::array()}, {"chain", json::array()}};
  if (admitted.first_layer.layer)
    data["first_layer"] = layer_json(model, *admitted.first_layer.layer);
  else
    data["no_first_layer"] = admitted.first_layer.reason;
  for (const inversion::Imprint& imprint : admitted.imprints)
    data["imprints"].push_back({{"units", imprint.units.size()},
                                {"lowest_threshold", imprint.thresholds.front()},
                                {"highest_threshold", imprint.thresholds.back()}});
  for (const inversion::ChainLayer& layer : admitted.chain.layers)
    data["chain"].push_back(layer.node);
  if (admitted.chain.layers.empty()) data["no_chain"] = admitted.chain.reason;
  return data;
}

void say(const Admitted& admitted, const Console& console) {
  const auto& layer = admitted.first_layer.layer;
  console.line(layer ? text("first layer: '", layer->node, "' reads the data with ", layer->units,
                            " units and a bias; its gradient shows examples")
                     : text("first layer: ", admitted.first_layer.reason));
  const std::size_t count = admitted.chain.layers.size();
  console.line(count > 0 ? text("R-GAP: a chain of ", count, " layers; updates of one example")
                         : text("R-GAP: ", admitted.chain.reason));
  for (const inversion::Imprint& imprint : admitted.imprints)
    console.warning(text(
        "'", layer->node, "' is an imprint layer: ", imprint.units.size(), " of ", layer->units,
        " units ask the same question with rising thresholds, as no training makes "
        "them; whoever sent this model means to read single examples"));
}

/// Those that are believed; with `all` also the others, else as many of them as are missing.
std::vector<ReadExample> selected(std::vector<ReadExample> found, std::int64_t examples, bool all) {
  std::vector<ReadExample> kept, doubtful;
  for (ReadExample& example : found)
    (example.evidence == Evidence::none ? doubtful : kept).push_back(std::move(example));
  for (ReadExample& example : doubtful)
    if (all || std::cmp_less(kept.size(), examples)) kept.push_back(std::move(example));
  return kept;
}

class ClosedForm final : public Command {
 public:
  std::string name() const override { return "closed-form"; }
  std::string summary() const override {
    return "recover examples without a search, and find imprint layers";
  }

  void add_options(CLI::App& app) override {
    model_.add_to(app);
    update_.add_to(app);
    app.get_option("--update")->required(false);
    client_.add_to(app);
    app.add_option("--form", form_, "which closed form (default: the first that applies)")
        ->check(CLI::IsMember({"first-layer", "r-gap"}));
    app.add_option("--out", out_, "folder for the recovered images");
    app.add_flag("--overwrite", overwrite_, "remove results of a former run from the folder");
    app.add_flag("--all", all_, "also keep examples that nothing confirms");
    app.add_option("--truth", truth_, "true images, for metrics only (repeatable)");
    app.add_flag("--fail-if-imprint", fail_if_imprint_,
                 "exit 1 when the model has an imprint layer");
    app.add_flag("--fail-if-recovered", fail_if_recovered_,
                 "exit 1 when an example was recovered and confirmed");
  }

  Outcome run(const Console& console) override {
    if (update_.path.empty() != out_.empty())
      throw UsageError("--out: a folder expected with --update, and only then");
    const Model model = model_.load();
    const Admitted admitted = admitted_by(model);
    say(admitted, console);
    Outcome outcome{admitted_json(model, admitted), ExitCode::ok};
    if (!admitted.imprints.empty() && fail_if_imprint_)
      outcome.exit_code = ExitCode::verdict_failed;
    if (!update_.path.empty()) recover(model, admitted, outcome, console);
    return outcome;
  }

 private:
  void recover(const Model& model, const Admitted& admitted, Outcome& outcome,
               const Console& console) {
    const bool by_chain = uses_chain(admitted);
    const UpdateFile file = update_.read(console);
    client_.complete(file.metadata);
    inversion::Problem problem = client_.problem(model);
    problem.observed = update_.mapped(model, file, console).observed;
    outcome.data["form"] = by_chain ? "r-gap" : "first-layer";
    const std::vector<ReadExample> found = selected(
        by_chain ? by_r_gap(problem, outcome.data, console) : by_first_layer(problem, admitted),
        problem.examples, all_);

    const RunFolder folder(out_, overwrite_ ? Existing::overwrite : Existing::refuse);
    outcome.data["examples"] = write_examples(folder, problem, found, console);
    if (!truth_.empty() && !found.empty())
      outcome.data["metrics"] =
          compare_examples(problem, found, read_image_batch(truth_, model), console);
    folder.write("result.json", outcome.data);
    console.line(text("wrote ", out_));
    const bool confirmed = std::any_of(found.begin(), found.end(), [](const ReadExample& example) {
      return example.evidence != Evidence::none;
    });
    if (confirmed && fail_if_recovered_) outcome.exit_code = ExitCode::verdict_failed;
  }

  bool uses_chain(const Admitted& admitted) const {
    const bool first_layer = admitted.first_layer.layer && form_ != "r-gap";
    const bool chain = !admitted.chain.layers.empty() && form_ != "first-layer";
    if (first_layer || chain) return !first_layer;
    std::string reasons;
    if (form_ != "r-gap") reasons += text(": first layer: ", admitted.first_layer.reason);
    if (form_ != "first-layer") reasons += text(": R-GAP: ", admitted.chain.reason);
    throw UnsupportedError(text("closed form", reasons));
  }

  static std::vector<ReadExample> by_first_layer(const inversion::Problem& problem,
                                                 const Admitted& admitted) {
    const inversion::InputLayer& layer = *admitted.first_layer.layer;
    if (admitted.imprints.empty()) return inversion::read_units(problem, layer);
    std::vector<ReadExample> found;
    for (const inversion::Imprint& imprint : admitted.imprints)
      for (ReadExample& example : inversion::read_imprint(problem, layer, imprint))
        found.push_back(std::move(example));
    return found;
  }

  static std::vector<ReadExample> by_r_gap(const inversion::Problem& problem, json& data,
                                           const Console& console) {
    const inversion::ChainSolution solution = inversion::solve_chain(problem);
    data["layers"] = solutions_json(solution.layers, console);
    if (!solution.consistent())
      console.warning("R-GAP: the equations do not determine the example, or do not fit");
    return {
        {solution.example, solution.consistent() ? Evidence::every_layer : Evidence::none, {}, 1}};
  }

  ModelOptions model_;
  UpdateOptions update_;
  ClientOptions client_;
  std::string form_, out_;
  std::vector<std::string> truth_;
  bool overwrite_ = false, all_ = false, fail_if_imprint_ = false, fail_if_recovered_ = false;
};

}  // namespace

std::unique_ptr<Command> closed_form_command() { return std::make_unique<ClosedForm>(); }

}  // namespace palimpsest::tools
