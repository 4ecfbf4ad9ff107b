// labels: which classes the private examples have, from the last layer's gradient alone.

#include "inversion/labels.h"

#include "inversion/metrics.h"
#include "tools/cli/client_options.h"
#include "tools/cli/commands.h"
#include "tools/cli/model_options.h"
#include "tools/cli/update_options.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

class Labels final : public Command {
 public:
  std::string name() const override { return "labels"; }
  std::string summary() const override {
    return "recover the labels from the last layer, without optimisation";
  }
  void add_options(CLI::App& app) override {
    model_.add_to(app);
    update_.add_to(app);
    client_.add_to(app);
    app.add_option(
           "--rule", rule_,
           "automatic, idlg, bias-sign, column-min, column-sign, llg, bias-corrected or ilrg")
        ->capture_default_str();
    app.add_option("--truth", truth_, "true labels, e.g. 3,1, to report the share found");
  }

  Outcome run(const Console& console) override {
    const inversion::LabelRule rule = parse_rule();
    const Model model = model_.load();
    const UpdateFile file = update_.read(console);
    client_.complete(file.metadata);
    inversion::Problem problem = client_.problem(model);
    problem.observed = update_.mapped(model, file, console).observed;
    const inversion::RecoveredLabels found =
        inversion::recover_labels(inversion::head_gradient(problem), rule);
    const std::vector<std::int64_t> labels = inversion::labels_of(found.counts);

    std::string words;
    for (const std::int64_t label : labels) words += text(words.empty() ? "" : ",", label);
    console.line(text("labels: ", words));
    console.line(text("rule: ", inversion::name_of(found.rule), " (", found.note, ")"));
    Outcome outcome{
        {{"labels", labels}, {"rule", inversion::name_of(found.rule)}, {"note", found.note}},
        ExitCode::ok};
    if (!truth_.empty()) {
      const double recall = inversion::label_recall(labels, parse_integers(truth_));
      console.line(text("instance recall: ", recall));
      outcome.data["instance_recall"] = recall;
    }
    return outcome;
  }

 private:
  inversion::LabelRule parse_rule() const {
    try {
      return inversion::label_rule_of(rule_);
    } catch (const InputError& error) {
      throw UsageError(text("--rule: ", error.what()));
    }
  }

  ModelOptions model_;
  UpdateOptions update_;
  ClientOptions client_;
  std::string rule_ = "automatic", truth_;
};

}  // namespace

std::unique_ptr<Command> labels_command() { return std::make_unique<Labels>(); }

}  // namespace palimpsest::tools
