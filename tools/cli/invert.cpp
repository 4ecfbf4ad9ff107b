// invert: carries an attack out, in a run folder that can be stopped and resumed.

#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "ops/cpu_kernels.h"
#include "tools/cli/attack_results.h"
#include "tools/cli/command_line.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/progress.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

using Clock = std::chrono::steady_clock;
using inversion::Session;

constexpr const char* choices_name = "kernels.json";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Options of the run, apart from the attack.
struct RunOptions {
  std::string out, max_memory, progress = "auto", checkpoint_every = "60s", time_limit;
  bool overwrite = false, resume = false, dry_run = false;
  ProgressStyle style = ProgressStyle::automatic;
  double checkpoint_seconds = 60, limit_seconds = std::numeric_limits<double>::infinity();
  std::size_t memory_bytes = 0;  ///< 0: no limit
  std::int64_t restarts_at_once = 0;

  void add_to(CLI::App& app) {
    const std::string group = "The run";
    const auto option = [&](const char* name, auto& field, const char* help) {
      return app.add_option(name, field, help)->group(group);
    };
    option("--out", out, "run folder");
    option("--max-memory", max_memory,
           "repeat work to stay below this, or refuse to start, e.g. 4G");
    option("--restarts-at-once", restarts_at_once,
           "restarts side by side (default: by the model's size and --threads)")
        ->check(CLI::PositiveNumber);
    option("--progress", progress, "auto, bar, plain or none")->capture_default_str();
    option("--checkpoint-every", checkpoint_every, "e.g. 30s or 5m")->capture_default_str();
    option("--time-limit", time_limit, "stop after this, keeping the best so far");
    app.add_flag("--overwrite", overwrite, "write into a folder that holds a run")->group(group);
    app.add_flag("--resume", resume, "go on from the folder's checkpoint")->group(group);
    app.add_flag("--dry-run", dry_run,
                 "plan, state memory and time, run three steps, write nothing")
        ->group(group);
  }

  /// Refuses words that make no sense before any work is done.
  void parse() {
    if (out.empty() && !dry_run) throw UsageError("--out: a run folder is needed (or --dry-run)");
    if (resume && overwrite) throw UsageError("--resume and --overwrite exclude each other");
    style = parse_progress_style(progress);
    checkpoint_seconds = parse_duration(checkpoint_every);
    if (!time_limit.empty()) limit_seconds = parse_duration(time_limit);
    if (!max_memory.empty()) memory_bytes = parse_bytes(max_memory);
  }

  Existing existing() const {
    if (resume) return Existing::resume;
    return overwrite ? Existing::overwrite : Existing::refuse;
  }
};

std::int64_t total_steps(const inversion::AttackSpec& spec) {
  return spec.iterations * spec.restarts;
}

/// The steps of one run: progress, log, checkpoints, and the reasons to stop.
class Loop {
 public:
  Loop(const RunFolder& folder, const Attack& attack, Session& session, const RunOptions& options)
      : folder_(folder),
        attack_(attack),
        session_(session),
        options_(options),
        progress_(options.style, attack.recipe.name, total_steps(attack.recipe.spec)) {}

  /// Makes at least one step, so that there is a result. Returns why it ended: "finished",
  /// "interrupted" or "time limit".
  std::string run() {
    std::string status = "finished";
    while (status == "finished" && !session_.done()) {
      for (const inversion::Progress& step : session_.step()) log(step);
      save_when_due();
      if (session_.done()) break;
      if (seconds_since(start_) >= options_.limit_seconds) status = "time limit";
      if (InterruptScope::requested()) status = "interrupted";
    }
    progress_.finish();
    save_checkpoint(folder_, attack_.identity, session_.state());
    return status;
  }

  double seconds() const { return seconds_since(start_); }

 private:
  void log(const inversion::Progress& step) {
    if (progress_.due()) progress_.update(session_.iterations_done(), detail(step));
    if (!marks_curve(step) && seconds_since(logged_) < 1) return;
    logged_ = Clock::now();
    nlohmann::json line{{"restart", step.restart},
                        {"iteration", step.iteration},
                        {"objective", step.objective},
                        {"best", step.best},
                        {"rate", step.rate}};
    for (const auto& [name, value] : step.terms) line[std::string(name)] = value;
    folder_.append("progress.jsonl", line);
  }

  /// The steps by which a report draws the curve of every restart, however short the run.
  bool marks_curve(const inversion::Progress& step) const {
    constexpr std::int64_t lines = 1000;  // of all restarts together
    const std::int64_t stride = std::max<std::int64_t>(1, total_steps(attack_.recipe.spec) / lines);
    return step.iteration == 1 || step.iteration % stride == 0 || step.iteration == step.iterations;
  }

  void save_when_due() {
    if (seconds_since(saved_) < options_.checkpoint_seconds) return;
    save_checkpoint(folder_, attack_.identity, session_.state());
    saved_ = Clock::now();
  }

  std::string detail(const inversion::Progress& step) const {
    std::string words =
        text("objective ", readable_number(step.objective), "  best ", readable_number(step.best));
    if (attack_.truth)
      words += text(
          "  PSNR ",
          readable_number(inversion::score_images(session_.result().images, *attack_.truth).psnr));
    return words;
  }

  const RunFolder& folder_;
  const Attack& attack_;
  Session& session_;
  const RunOptions& options_;
  Progress progress_;
  Clock::time_point start_ = Clock::now(), saved_ = start_, logged_ = start_;
};

class Invert final : public Command {
 public:
  std::string name() const override { return "invert"; }
  std::string summary() const override { return "reconstruct inputs and labels from an update"; }
  void add_options(CLI::App& app) override {
    attack_.add_to(app);
    attack_.add_length_to(app);
    run_.add_to(app);
  }

  Outcome run(const Console& console) override {
    run_.parse();
    if (run_.resume) attack_.former_seed = seed_of_run();
    const Attack attack = attack_.resolve(console);
    const runtime::KernelTable kernels = all_cpu_kernels();
    std::optional<KernelCache> cache = attack_.kernel_cache(attack, console);
    if (cache && run_.resume) cache->resume(file_of_run(choices_name));
    inversion::Resources resources{
        .kernels = &kernels,
        .threads = attack_.model.thread_count(*attack.model, attack.recipe.spec.restarts),
        .max_memory = run_.memory_bytes,
        .restarts_at_once = run_.restarts_at_once,
        .reproducible = attack_.reproducible,
        .choices = cache ? &cache->choices() : nullptr};
    std::optional<RunFolder> folder;
    std::vector<inversion::NamedTensor> saved;
    if (run_.resume && !run_.dry_run) {
      folder.emplace(run_.out, run_.existing());
      saved = load_checkpoint(*folder, attack.identity);
      // The default depends on the threads, which may be others now.
      if (resources.restarts_at_once == 0)
        resources.restarts_at_once = inversion::saved_restarts_at_once(saved);
    }
    Session session(attack.problem, attack.recipe.spec, resources);
    if (cache) cache->save();
    say_plan(console, session);
    if (run_.dry_run) return dry_run(console, attack, session);
    if (run_.resume) session.restore(saved);
    if (!folder) folder.emplace(run_.out, run_.existing());  // no sooner: an attack may be refused
    if (cache) folder->write(choices_name, cache->used_json());
    return reconstruct(console, attack, session, *folder, resources.threads);
  }

 private:
  std::filesystem::path file_of_run(const char* name) const {
    return std::filesystem::path(run_.out) / name;
  }

  /// The seed that the resumed run recorded: it may have come from the clock.
  std::uint64_t seed_of_run() const {
    const std::filesystem::path settings = file_of_run("config.toml");
    if (!std::filesystem::exists(settings))
      throw IoError(text(run_.out, ": there is no run to resume"));
    return load_recipe(settings.string(), {}).spec.seed;
  }

  static void say_plan(const Console& console, const Session& session) {
    const runtime::MemoryReport& memory = session.memory();
    console.line(text("memory: ", readable_bytes(static_cast<double>(memory.total()))));
    if (memory.repeated_launches > 0)
      console.line(text("to fit --max-memory, ", memory.repeated_launches,
                        " launches are repeated in every iteration, ", memory.repeated_products,
                        " of them products"));
    if (session.restarts_at_once() > 1)
      console.line(text(session.restarts_at_once(), " restarts at once"));
  }

  Outcome dry_run(const Console& console, const Attack& attack, Session& session) const {
    constexpr int probes = 3;
    const Clock::time_point start = Clock::now();
    int steps = 0;
    while (steps < probes && !session.done()) {
      session.step();
      ++steps;
    }
    const double rounds = static_cast<double>(total_steps(attack.recipe.spec)) /
                          static_cast<double>(session.restarts_at_once());
    const double seconds = seconds_since(start) / std::max(steps, 1) * rounds;
    console.line(text("time: about ", readable_seconds(seconds), " for ",
                      total_steps(attack.recipe.spec), " steps"));
    console.text(attack.resolved);
    return {{{"memory_bytes", session.memory().total()},
             {"repeated_launches", session.memory().repeated_launches},
             {"repeated_products", session.memory().repeated_products},
             {"estimated_seconds", seconds},
             {"steps", total_steps(attack.recipe.spec)},
             {"settings", attack.resolved}},
            ExitCode::ok};
  }

  Outcome reconstruct(const Console& console, const Attack& attack, Session& session,
                      const RunFolder& folder, int threads) const {
    const InterruptScope interrupts;
    folder.write("config.toml", attack.resolved);
    Loop loop(folder, attack, session, run_);
    const std::string status = loop.run();
    const RunFigures figures{status, loop.seconds(), session.memory().total(), threads,
                             command_line()};
    const inversion::Reconstruction found = session.result();
    const nlohmann::json result = write_results(folder, attack, found, figures);
    say(console, attack, found, status);
    return {result, status == "interrupted" ? InterruptScope::exit_code() : ExitCode::ok};
  }

  void say(const Console& console, const Attack& attack, const inversion::Reconstruction& found,
           const std::string& status) const {
    console.line(text(status, ": objective ", readable_number(found.objective), " (restart ",
                      found.best_restart, ")"));
    if (found.recovered)
      console.line(text("labels by ", inversion::name_of(found.recovered->rule), ": ",
                        found.recovered->note));
    if (attack.truth)
      console.table(scores_table(inversion::score_images(found.images, *attack.truth)));
    console.line(text("results in ", run_.out));
  }

  AttackOptions attack_;
  RunOptions run_;
};

}  // namespace

std::unique_ptr<Command> invert_command() { return std::make_unique<Invert>(); }

}  // namespace palimpsest::tools
