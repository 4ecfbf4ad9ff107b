#include "tools/audit/audit_runner.h"

#include <algorithm>

#include "tools/audit/sent_update.h"
#include "tools/cli/interrupt.h"

namespace palimpsest::tools {
namespace {

using Clock = std::chrono::steady_clock;
using inversion::Control;

constexpr double checkpoint_seconds = 60;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

std::optional<AuditResult> AuditRunner::done(const RunFolder& folder, const AuditRun& run) const {
  return kept_result(folder.file(folder_of(plan_, run)), run);
}

inversion::Problem AuditRunner::problem_of(const AuditRun& run,
                                           const inversion::AttackSpec& spec) const {
  inversion::Problem problem = plan_.client;
  const std::int64_t count = problem.examples, first = run.group * count;
  ClientRun client{rows_of(plan_.images, first, count), rows_of(plan_.targets, first, count),
                   "none", run.seed};
  if (run.subject.defense) client.defense = plan_.defenses[*run.subject.defense];
  SentUpdate sent = sent_update(problem, client, *resources_.kernels, resources_.threads);
  problem.observed = std::move(sent.observed);
  problem.buffers = std::move(sent.buffers);
  problem.known_transform = sent.transform;
  if (run.subject.control == Control::random_update)
    problem.observed = inversion::random_update(problem.observed, run.seed);
  if (spec.labels == inversion::LabelSource::given) problem.targets = client.targets;
  return problem;
}

Identity AuditRunner::identity_of(const AuditRun& run) const {
  Identity identity = plan_.identity;
  identity["run"] = folder_of(plan_, run);
  return identity;
}

std::vector<inversion::NamedTensor> AuditRunner::saved_state(const RunFolder& folder,
                                                             const AuditRun& run) const {
  try {
    return load_checkpoint(folder, identity_of(run));
  } catch (const IoError&) {  // there is none
    return {};
  } catch (const InputError&) {  // of a run that has ended since
    return {};
  }
}

bool AuditRunner::finish(const RunFolder& folder, const AuditRun& run, const OnStep& on_step,
                         inversion::Session& session) const {
  Clock::time_point saved = Clock::now();
  while (!session.done()) {
    double objective = 0;
    for (const inversion::Progress& step : session.step()) objective = step.objective;
    on_step(session.iterations_done(), objective);
    const bool stop = InterruptScope::requested() && !session.done();
    if (stop || seconds_since(saved) > checkpoint_seconds) {
      save_checkpoint(folder, identity_of(run), session.state());
      saved = Clock::now();
    }
    if (stop) return false;
  }
  return true;
}

AuditRunner::Cost AuditRunner::probe(const AuditRun& run) const {
  constexpr int probes = 3;
  const inversion::AttackSpec spec = spec_of(plan_, run);
  const inversion::Problem problem = problem_of(run, spec);
  inversion::Session session(problem, spec, resources_);
  const Clock::time_point start = Clock::now();
  while (!session.done() && session.iterations_done() < probes) session.step();
  const double step = seconds_since(start) /
                      static_cast<double>(std::max<std::int64_t>(1, session.iterations_done()));
  return {session.memory().total(), step * static_cast<double>(spec.iterations * spec.restarts)};
}

std::optional<AuditResult> AuditRunner::carry_out(const RunFolder& folder, const AuditRun& run,
                                                  const OnStep& on_step) const {
  const std::filesystem::path path = folder.file(folder_of(plan_, run));
  const Clock::time_point start = Clock::now();
  try {
    const inversion::AttackSpec spec = spec_of(plan_, run);
    const inversion::Problem problem = problem_of(run, spec);
    const std::vector<inversion::NamedTensor> saved = saved_state(folder, run);
    inversion::Resources resources = resources_;
    if (!saved.empty()) resources.restarts_at_once = inversion::saved_restarts_at_once(saved);
    inversion::Session session(problem, spec, resources);
    if (!saved.empty()) session.restore(saved);
    if (!finish(folder, run, on_step, session)) return std::nullopt;
    return keep_result(path, plan_, run, session.result(), seconds_since(start));
  } catch (const NumericError& error) {
    return keep_failure(path, plan_, run, error.what());
  }
}

}  // namespace palimpsest::tools
