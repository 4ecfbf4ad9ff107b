// check: the first- and second-order derivatives of this very model, in f64.

#include "tools/cli/commands.h"
#include "tools/cli/model_check.h"
#include "tools/cli/model_options.h"

namespace palimpsest::tools {
namespace {

// What differences with a step of 1e-7 can show of an exact derivative, and what rounding
// leaves between the two routes.
constexpr double difference_tolerance = 1e-5;
constexpr double route_tolerance = 1e-9;

class Check final : public Command {
 public:
  std::string name() const override { return "check"; }
  std::string summary() const override {
    return "check the derivatives of a model against differences, in f64";
  }
  void add_options(CLI::App& app) override {
    model_.add_to(app);
    app.add_option("--seed", seed_, "of data and directions")->capture_default_str();
    app.add_option("--directions", directions_, "random directions to try")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
  }

  Outcome run(const Console& console) override {
    model_.dtype = "f64";
    const Model model = model_.load();
    const ModelCheck found = check_model(model, seed_, directions_, model_.thread_count(model));
    const bool good = found.gradient <= difference_tolerance &&
                      found.matching <= difference_tolerance && found.routes <= route_tolerance;
    const auto row = [](const char* what, double error, double tolerance) {
      return std::vector<std::string>{what, readable_number(error), readable_number(tolerance),
                                      error <= tolerance ? "ok" : "FAILED"};
    };
    console.table(
        {{"DERIVATIVE", "RELATIVE ERROR", "TOLERANCE", ""},
         row("loss, by the parameters (differences)", found.gradient, difference_tolerance),
         row("distance, by the images (differences)", found.matching, difference_tolerance),
         row("forward- against reverse-over-reverse", found.routes, route_tolerance)});
    return {{{"gradient", found.gradient},
             {"matching", found.matching},
             {"routes", found.routes},
             {"gradient_errors", found.gradient_errors},
             {"matching_errors", found.matching_errors}},
            good ? ExitCode::ok : ExitCode::verdict_failed};
  }

 private:
  ModelOptions model_;
  std::uint64_t seed_ = 1;
  int directions_ = 5;
};

}  // namespace

std::unique_ptr<Command> check_command() { return std::make_unique<Check>(); }

}  // namespace palimpsest::tools
