// inspect: what is in a model, and what attacking it would take.

#include "ops/cost/flops.h"
#include "tools/cli/commands.h"
#include "tools/cli/cost.h"
#include "tools/cli/model_options.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

std::string_view word_of(OutputKind kind) {
  if (kind == OutputKind::logits) return "logits";
  return kind == OutputKind::probabilities ? "probabilities" : "log-probabilities";
}

std::string_view word_of(ImageLayout layout) {
  if (layout == ImageLayout::nchw) return "NCHW";
  return layout == ImageLayout::nhwc ? "NHWC" : "unknown layout";
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const Parameter& parameter : model.parameters) count += parameter.initial.elements();
  return count;
}

json model_json(const Model& model) {
  json inputs = json::array(), outputs = json::array(), parameters = json::array(),
       operators = json::object(), norms = json::array();
  for (const DataInput& data : model.data)
    inputs.push_back({{"name", data.name},
                      {"type", text(model.function.inputs[data.input].type())},
                      {"layout", word_of(data.layout)}});
  for (std::size_t i = 0; i < model.output_names.size(); ++i)
    outputs.push_back(
        {{"name", model.output_names[i]}, {"type", text(model.function.outputs[i].type())}});
  for (const Parameter& parameter : model.parameters)
    parameters.push_back({{"name", parameter.name}, {"type", text(parameter.initial.type())}});
  for (const auto& [name, count] : model.operators) operators[name] = count;
  for (const BatchNormSite& site : model.batch_norms)
    norms.push_back({{"node", site.node},
                     {"mode", site.train ? "train" : "eval"},
                     {"channels", site.running_mean.elements()},
                     {"momentum", site.momentum}});
  json out{{"producer", model.producer},
           {"opset", model.opset},
           {"inputs", inputs},
           {"outputs", outputs},
           {"output_kind", word_of(model.output_kind)},
           {"parameters", parameters},
           {"parameter_count", parameter_count(model)},
           {"operators", operators},
           {"batch_norms", norms},
           {"dropouts", model.dropouts},
           {"warnings", model.warnings}};
  if (model.has_head)
    out["head"] = {{"node", model.head.node},
                   {"weight", model.head.weight_name},
                   {"bias", model.head.bias_name}};
  return out;
}

void say_model(const Console& console, const Model& model) {
  console.line(text("producer: ", model.producer, ", opset ", model.opset));
  for (const DataInput& data : model.data)
    console.line(text("input: ", data.name, " ", model.function.inputs[data.input].type(), ", ",
                      word_of(data.layout)));
  for (std::size_t i = 0; i < model.output_names.size(); ++i)
    console.line(text("output: ", model.output_names[i], " ", model.function.outputs[i].type(),
                      i == 0 ? text(", ", word_of(model.output_kind)) : ""));
  console.line(text("parameters: ", model.parameters.size(), " tensors, ", parameter_count(model),
                    " values"));
  if (model.has_head)
    console.line(text("head: ", model.head.weight_name, ", ",
                      model.head.bias_name.empty() ? "no bias" : model.head.bias_name));
  std::size_t training = 0;
  for (const BatchNormSite& site : model.batch_norms) training += site.train ? 1 : 0;
  console.line(text("batch normalisation: ", model.batch_norms.size(), " sites, ", training,
                    " in train mode; dropout: ", model.dropouts.size(), " sites"));
  std::string operators;
  for (const auto& [name, count] : model.operators)
    operators += text(operators.empty() ? "" : ", ", name, " x", count);
  console.line(text("operators: ", operators));
  console.line("derivatives: every operator is made of primitives with rules of any order");
  for (const std::string& warning : model.warnings) console.warning(warning);
}

class Inspect final : public Command {
 public:
  std::string name() const override { return "inspect"; }
  std::string summary() const override { return "show a model and what attacking it would take"; }
  void add_options(CLI::App& app) override {
    model_.add_to(app);
    app.add_flag("--parameters", parameters_, "list every parameter");
    app.add_flag("--no-cost", without_cost_, "do not plan an iteration");
  }

  Outcome run(const Console& console) override {
    const Model model = model_.load();
    Outcome outcome{model_json(model), ExitCode::ok};
    say_model(console, model);
    if (parameters_) {
      std::vector<std::vector<std::string>> rows{{"PARAMETER", "TYPE"}};
      for (const Parameter& parameter : model.parameters)
        rows.push_back({parameter.name, text(parameter.initial.type())});
      console.table(rows);
    }
    const double flops = product_flops(model.function);
    console.line(text("forward: ", readable_number(flops / 1e9), " GFLOP in products"));
    outcome.data["forward_flops"] = flops;
    if (!without_cost_) add_cost(console, model, outcome);
    return outcome;
  }

 private:
  /// A model that cannot be attacked is still worth showing, with the reason.
  void add_cost(const Console& console, const Model& model, Outcome& outcome) const {
    try {
      say_cost(console, iteration_cost(model, model_.thread_count(model)), outcome);
    } catch (const Error& error) {
      console.warning(text("no matching iteration: ", error.what()));
      outcome.data["iteration"] = {{"unavailable", error.what()}};
    }
  }

  static void say_cost(const Console& console, const IterationCost& cost, Outcome& outcome) {
    console.line(text("matching iteration: ", cost.launches, " launches, ", cost.products,
                      " products, ", readable_bytes(static_cast<double>(cost.memory.total())),
                      " of memory (", readable_bytes(static_cast<double>(cost.memory.arena)),
                      " arena, ", readable_bytes(static_cast<double>(cost.memory.constants)),
                      " constants)"));
    outcome.data["iteration"] = {{"launches", cost.launches},
                                 {"products", cost.products},
                                 {"memory_bytes", cost.memory.total()},
                                 {"arena_bytes", cost.memory.arena},
                                 {"constant_bytes", cost.memory.constants}};
  }

  ModelOptions model_;
  bool parameters_ = false, without_cost_ = false;
};

}  // namespace

std::unique_ptr<Command> inspect_command() { return std::make_unique<Inspect>(); }

}  // namespace palimpsest::tools
