// audit: attacks x defences x images x seeds beside their controls, and a verdict.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ops/cpu_kernels.h"
#include "tools/audit/audit_folder.h"
#include "tools/audit/audit_runner.h"
#include "tools/audit/audit_summary.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/commands.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/progress.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

/// Options of the audit as a whole.
struct AuditRunOptions {
  std::string out, max_memory, progress = "auto";
  bool overwrite = false, resume = false, dry_run = false;

  void add_to(CLI::App& app) {
    const std::string group = "The run";
    app.add_option("--out", out, "folder of the audit")->group(group);
    app.add_option("--max-memory", max_memory, "repeat work to stay below this, e.g. 4G")
        ->group(group);
    app.add_option("--progress", progress, "auto, bar, plain or none")
        ->group(group)
        ->capture_default_str();
    app.add_flag("--overwrite", overwrite, "write into a folder that holds an audit")->group(group);
    app.add_flag("--resume", resume, "go on where the folder's audit stopped")->group(group);
    app.add_flag("--dry-run", dry_run, "state runs, memory and time, write nothing")->group(group);
  }

  void check() const {
    if (out.empty() && !dry_run) throw UsageError("--out: a folder is needed (or --dry-run)");
    if (resume && overwrite) throw UsageError("--resume and --overwrite exclude each other");
    parse_progress_style(progress);
  }

  Existing existing() const {
    if (resume) return Existing::resume;
    return overwrite ? Existing::overwrite : Existing::refuse;
  }
};

class Audit final : public Command {
 public:
  std::string name() const override { return "audit"; }
  std::string summary() const override {
    return "attack a model's updates under defences, beside controls";
  }

  void add_options(CLI::App& app) override {
    audit_.add_to(app);
    run_.add_to(app);
  }

  Outcome run(const Console& console) override {
    audit_.check();
    run_.check();
    const AuditModels models = audit_.load(console);
    const AuditPlan plan = audit_.plan(models);
    const runtime::KernelTable kernels = all_cpu_kernels();
    const inversion::Resources resources{
        .kernels = &kernels,
        .threads = audit_.model.thread_count(*models.model),
        .max_memory = run_.max_memory.empty() ? 0 : parse_bytes(run_.max_memory),
        .reproducible = audit_.reproducible};
    const AuditRunner runner(plan, resources);
    const nlohmann::json costs = probe(console, plan, runner);
    if (run_.dry_run) return {costs, ExitCode::ok};
    const std::unique_ptr<RunFolder> folder = audit_folder(run_.out, run_.existing(), plan);
    const InterruptScope interrupts;
    const std::optional<std::vector<AuditResult>> results =
        carry_out(plan, runner, *folder, console);
    if (!results) return stopped(console);
    const AuditSummary summary(plan, *results, audit_.thresholds);
    const nlohmann::json data = summary.as_json();
    folder->write("audit.json", data);
    say(console, summary);
    return {data, code_of(summary)};
  }

 private:
  /// Refuses what cannot be run before the first run, and says what all of it takes.
  nlohmann::json probe(const Console& console, const AuditPlan& plan,
                       const AuditRunner& runner) const {
    double seconds = 0;
    std::size_t memory = 0;
    const std::int64_t each = plan.groups() * plan.seeds;
    const std::vector<AuditSubject> subjects = subjects_of(plan);
    for (const AuditSubject& subject : subjects) {
      const AuditRunner::Cost cost = runner.probe({subject, 0, plan.first_seed});
      seconds += cost.seconds * static_cast<double>(each);
      memory = std::max(memory, cost.memory_bytes);
    }
    const std::int64_t runs = static_cast<std::int64_t>(subjects.size()) * each;
    console.line(text(runs, " runs, about ", readable_seconds(seconds), ", memory ",
                      readable_bytes(static_cast<double>(memory))));
    return {{"runs", runs}, {"estimated_seconds", seconds}, {"memory_bytes", memory}};
  }

  static std::int64_t steps_of(const AuditPlan& plan, const AuditRun& run) {
    const inversion::AttackSpec& spec = plan.attacks[run.subject.attack].spec;
    return spec.iterations * spec.restarts;
  }

  /// Nothing when a signal came.
  std::optional<std::vector<AuditResult>> carry_out(const AuditPlan& plan,
                                                    const AuditRunner& runner,
                                                    const RunFolder& folder,
                                                    const Console& console) const {
    const std::vector<AuditRun> runs = runs_of(plan);
    std::vector<std::optional<AuditResult>> results;
    std::int64_t total = 0, done = 0;
    for (const AuditRun& run : runs) {
      results.push_back(runner.done(folder, run));
      total += steps_of(plan, run);
      if (results.back()) done += steps_of(plan, run);
    }
    Progress progress(parse_progress_style(run_.progress), "audit", total, done);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (results[i]) continue;
      const std::string title = title_of(plan, runs[i].subject);
      results[i] = runner.carry_out(folder, runs[i], [&](std::int64_t steps, double objective) {
        if (progress.due())
          progress.update(done + steps, text("run ", i + 1, " of ", runs.size(), ": ", title,
                                             "  objective ", readable_number(objective)));
      });
      if (!results[i]) return std::nullopt;
      if (!results[i]->failure.empty()) {
        progress.finish();
        console.warning(text(title, ": ", results[i]->failure));
      }
      done += steps_of(plan, runs[i]);
    }
    std::vector<AuditResult> all;
    for (std::optional<AuditResult>& result : results) all.push_back(std::move(*result));
    return all;
  }

  Outcome stopped(const Console& console) const {
    console.line(text("interrupted; palimpsest audit ... --resume goes on in ", run_.out));
    return {{{"out", run_.out}}, InterruptScope::exit_code()};
  }

  void say(const Console& console, const AuditSummary& summary) const {
    console.table(summary.table());
    console.line("PSNR in dB with 95 % intervals; gain: beyond the control of the highest mean");
    for (const AuditSummary::Cell& cell : summary.cells())
      for (const std::string& words : cell.exceeded) console.line("verdict: " + words);
    console.line(text("results in ", run_.out));
  }

  static ExitCode code_of(const AuditSummary& summary) {
    if (summary.exceeds_threshold()) return ExitCode::verdict_failed;
    return summary.lacks_results() ? ExitCode::numeric : ExitCode::ok;
  }

  AuditOptions audit_;
  AuditRunOptions run_;
};

}  // namespace

std::unique_ptr<Command> audit_command() { return std::make_unique<Audit>(); }

}  // namespace palimpsest::tools
