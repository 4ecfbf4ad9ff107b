// bench: times the iterations of an attack, and says where the time goes.

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "inversion/derivative.h"
#include "ops/cpu_kernels.h"
#include "tools/bench/ceilings.h"
#include "tools/bench/measured_steps.h"
#include "tools/cli/attack_options.h"
#include "tools/cli/bench_tables.h"
#include "tools/cli/commands.h"
#include "tools/cli/host.h"
#include "tools/cli/version.h"
#include "tools/io/npz.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// Seconds of each timed iteration.
struct Timings {
  std::vector<double> wall, cpu;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// One iteration that must succeed: times of a search that has ended mean nothing.
void step(inversion::Session& session) {
  for (const inversion::Progress& progress : session.step())
    if (!progress.failure.empty()) throw NumericError(text("bench: ", progress.failure));
}

Timings timed(inversion::Session& session, std::int64_t iterations) {
  Timings timings;
  for (std::int64_t i = 0; i < iterations; ++i) {
    const double cpu = process_cpu_seconds();
    const Clock::time_point start = Clock::now();
    step(session);
    timings.wall.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    timings.cpu.push_back(process_cpu_seconds() - cpu);
  }
  return timings;
}

json memory_json(const runtime::MemoryReport& memory) {
  return {{"arena", memory.arena},
          {"constants", memory.constants},
          {"io", memory.io},
          {"total", memory.total()}};
}

json ceilings_json(const Ceilings& ceilings) {
  return {{"fma_flops_per_second", ceilings.fma},
          {"gemm_flops_per_second", ceilings.gemm},
          {"bandwidth_bytes_per_second", ceilings.bandwidth}};
}

class Bench final : public Command {
 public:
  std::string name() const override { return "bench"; }
  std::string summary() const override { return "time the iterations of an attack"; }

  void add_options(CLI::App& app) override {
    attack_.add_to(app);
    const auto option = [&](const char* name, auto& field, const char* help) {
      return app.add_option(name, field, help)->group("The measurement")->capture_default_str();
    };
    option("--iterations", iterations_, "iterations to time")->check(CLI::PositiveNumber);
    option("--warmup", warmup_, "iterations before them")->check(CLI::NonNegativeNumber);
    option("--restarts-at-once", restarts_, "candidates of one iteration, side by side")
        ->check(CLI::PositiveNumber);
    option("--profile", profiled_, "iterations to profile after them; 0: none")
        ->check(CLI::NonNegativeNumber);
    option("--top", top_, "rows of the table of nodes")->check(CLI::PositiveNumber);
    app.add_flag("--all", all_, "all rows of the table of nodes")->group("The measurement");
    option("--trace", trace_, "trace of the last profiled iteration, for Perfetto");
    option("--gradient", gradient_, "npz for the derivative of the first iteration");
  }

  Outcome run(const Console& console) override {
    if (!trace_.empty() && profiled_ == 0)
      throw UsageError("--trace: needs a profiled iteration, --profile 0 leaves none");
    Attack attack = attack_.resolve(console);
    never_ending(attack.recipe.spec);
    const runtime::KernelTable kernels = all_cpu_kernels();
    std::optional<KernelCache> cache = attack_.kernel_cache(attack, console);
    const inversion::Resources resources{
        .kernels = &kernels,
        .threads = attack_.model.thread_count(*attack.model, attack.recipe.spec.restarts),
        .restarts_at_once = restarts_,
        .reproducible = attack_.reproducible,
        .choices = cache ? &cache->choices() : nullptr};
    inversion::Session session(attack.problem, attack.recipe.spec, resources);
    for (std::int64_t i = 0; i < warmup_; ++i) step(session);
    const Timings timings = timed(session, iterations_);
    json data{{"version", version_number()},
              {"model", attack_.model.path},
              {"recipe", attack.recipe.name},
              {"cpu", cpu_name()},
              {"threads", resources.threads},
              {"precision",
               attack.recipe.spec.precision == inversion::Precision::mixed ? "mixed" : "full"},
              {"restarts_at_once", session.restarts_at_once()},
              {"reproducible", resources.reproducible},
              {"warmup", warmup_},
              {"iterations", iterations_},
              {"wall_seconds", timings.wall},
              {"cpu_seconds", timings.cpu},
              {"median_wall_seconds", median(timings.wall)},
              {"median_cpu_seconds", median(timings.cpu)},
              {"memory_bytes", memory_json(session.memory())},
              {"peak_resident_bytes", peak_resident_bytes()}};
    const auto milliseconds = [](double seconds) {
      return text(readable_number(seconds * 1e3), " ms");
    };
    console.table({{"iteration, wall", milliseconds(median(timings.wall))},
                   {"iteration, cpu", milliseconds(median(timings.cpu))},
                   {"memory", readable_bytes(static_cast<double>(session.memory().total()))},
                   {"peak resident", readable_bytes(peak_resident_bytes())}});
    account(console, session, resources.threads, data);
    if (!gradient_.empty()) write_derivative(attack, resources, data);
    data["kernels"] = cache ? "tuned" : "rules";
    if (cache) {
      cache->save();
      data["kernel_choices"] = cache->summary();
    }
    return {data, ExitCode::ok};
  }

 private:
  /// Restarts that go on for as long as iterations are asked for.
  void never_ending(inversion::AttackSpec& spec) const {
    spec.restarts = restarts_;
    spec.iterations = std::max(spec.iterations, warmup_ + iterations_ + profiled_ + 1);
    spec.target = -std::numeric_limits<double>::infinity();
  }

  /// What the launches cost, with their times when iterations are to be profiled.
  void account(const Console& console, inversion::Session& session, int threads, json& data) const {
    runtime::Profile profile;
    session.profile(&profile);
    for (std::int64_t i = 0; i < profiled_; ++i) step(session);
    session.profile(nullptr);
    Ceilings ceilings;
    if (profiled_ > 0) ceilings = measured_ceilings(threads, session.memory().total());
    const std::vector<MeasuredStep> steps = measured_steps(session.steps(), profile, ceilings);
    const StepSum all = sum_of_all(steps);
    data["launches"] = all.launches;
    data["products"] = all.products;
    data["product_flops"] = all.product_flops;
    data["roles"] = sums_json(sums_by_role(steps));
    data["primitives"] = sums_json(sums_by_primitive(steps));
    if (profiled_ == 0) return;
    data["profiled_iterations"] = profiled_;
    data["profiled_runs"] = profile.runs;
    data["ceilings"] = ceilings_json(ceilings);
    data["nodes"] = nodes_json(steps);
    say(console, steps, ceilings);
    if (!trace_.empty()) write_atomically(trace_, trace_json(steps).dump());
  }

  void say(const Console& console, const std::vector<MeasuredStep>& steps,
           const Ceilings& ceilings) const {
    const auto rate = [](double amount, const char* unit) {
      return text(readable_number(amount * 1e-9, 3), ' ', unit);
    };
    console.table({{"multiply-adds in registers", rate(ceilings.fma, "GFLOP/s")},
                   {"product of matrices", rate(ceilings.gemm, "GFLOP/s")},
                   {"memory", rate(ceilings.bandwidth, "GB/s")}});
    console.line("");
    console.table(nodes_table(steps, all_ ? steps.size() : top_));
    console.line("");
    console.table(sums_table("ROLE", sums_by_role(steps)));
    console.line("");
    console.table(sums_table("PRIMITIVE", sums_by_primitive(steps)));
  }

  void write_derivative(const Attack& attack, const inversion::Resources& resources,
                        json& data) const {
    const inversion::Derivative found =
        inversion::derivative_at_start(attack.problem, attack.recipe.spec, resources);
    std::vector<NamedTensor> tensors{{"objective", Literal::scalar(found.objective)},
                                     {"matching", Literal::scalar(found.matching)}};
    constexpr std::array names{"images", "target_logits"};
    for (std::size_t k = 0; k < found.variables.size(); ++k) {
      tensors.emplace_back(text("start.", names[k]), found.variables[k]);
      tensors.emplace_back(text("gradient.", names[k]), found.gradient[k]);
    }
    write_atomically(gradient_, npz_bytes(tensors));
    data["objective"] = found.objective;
    data["matching"] = found.matching;
  }

  AttackOptions attack_;
  std::int64_t iterations_ = 10, warmup_ = 2, profiled_ = 5, restarts_ = 1;
  std::size_t top_ = 20;
  bool all_ = false;
  std::string gradient_, trace_;
};

}  // namespace

std::unique_ptr<Command> bench_command() { return std::make_unique<Bench>(); }

}  // namespace palimpsest::tools
