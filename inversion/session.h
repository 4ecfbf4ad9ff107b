#pragma once
// One attack being carried out. Building a session builds its function, compiles it for some
// restarts side by side, and allocates all it will need; a step only runs it. Stopping, saving and
// resuming are the caller's: state() and restore() continue bit for bit. Thread-safe: no. One
// session is used by one thread at a time.

#include <functional>
#include <memory>
#include <stop_token>

#include "inversion/attack.h"
#include "runtime/kernel_choices.h"
#include "runtime/program.h"

namespace palimpsest::inversion {

/// What the run may use.
struct Resources {
  const runtime::KernelTable* kernels = nullptr;  ///< must outlive the session
  int threads = 1;
  std::size_t max_memory = 0;  ///< bytes; 0: no limit
  /// Restarts that run side by side; 0: by restarts_at_once.h, and fewer when that does not fit
  /// into max_memory. What is found does not depend on it but for rounding. The seeds of a group
  /// run side by side whatever it says.
  std::int64_t restarts_at_once = 0;
  bool reproducible = false;  ///< the same bits whatever the number of threads
  /// For attacks with tuned kernels: what is known, and what is measured while programs are
  /// compiled. Null: each program measures for itself.
  runtime::KernelChoices* choices = nullptr;
};

/// Of one restart after a step. The objective and its terms are those of the candidate that the
/// step began from; of searches by values alone, of the best one of the step.
struct Progress {
  std::int64_t restart = 0;
  std::int64_t iteration = 0;  ///< steps done in this restart
  std::int64_t iterations = 0, restarts = 0;
  double objective = 0;
  /// Without their factors, in the order of term_names().
  std::vector<std::pair<std::string_view, double>> terms;
  double best = 0;  ///< objective of the candidate kept of this restart
  double rate = 0;
  std::string failure;  ///< why the restart failed in this step; empty: it did not
};

enum class RestartOutcome { pending, finished, reached_target, failed };

struct RestartReport {
  RestartOutcome outcome = RestartOutcome::pending;
  double objective = 0;  ///< of the candidate kept
  std::int64_t iterations = 0;
  std::string failure;  ///< why it failed
};

struct Reconstruction {
  /// [N, C, H, W] in pixel units whatever the model's layout (other inputs keep their shape):
  /// as found, and clamped to [0, 1].
  Literal raw, images;
  /// Class of each image (the largest target), i64 [N, ...]; empty shape for other losses.
  Literal labels;
  Literal targets;                           ///< the targets that were used or found, floats
  std::optional<RecoveredLabels> recovered;  ///< when a label rule was used
  /// Of a generator: the latent, as found.
  std::optional<Literal> latent;
  double objective = 0;
  std::int64_t best_restart = 0;
  std::vector<RestartReport> restarts;
};

class Session {
 public:
  /// Throws InputError for a problem or settings that do not fit, UnsupportedError for an
  /// operator without kernel, ResourceError above max_memory.
  Session(const Problem& problem, const AttackSpec& spec, const Resources& resources);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  const runtime::MemoryReport& memory() const;
  /// The launches of one iteration, of one program where several run side by side.
  std::vector<runtime::StepInfo> steps() const;
  /// Adds the times of those launches to a profile, until null is given: see Program::profile.
  void profile(runtime::Profile* into);
  bool done() const;
  /// Restarts that run side by side.
  std::int64_t restarts_at_once() const;
  /// Iterations done over all restarts, of iterations x restarts; those that an ended restart did
  /// not need count as done.
  std::int64_t iterations_done() const;

  /// One iteration of each restart that runs, told in the order of lanes. When the objective of
  /// one leaves the finite numbers it is marked as failed, the next one begins in its place, and
  /// the others go on undisturbed. Must not be called when done().
  std::vector<Progress> step();

  /// Everything the rest of the run depends on, as named tensors to write and read back.
  std::vector<NamedTensor> state() const;
  /// Throws InputError when the state is not of this problem and spec.
  void restore(const std::vector<NamedTensor>& state);

  /// The best candidate so far, also of restarts that failed later on. Throws NumericError when
  /// no restart ever had a finite objective, InputError before the first step.
  Reconstruction result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How many restarts ran side by side in the session that saved this state: what a session that is
/// to go on from it must be asked for. Throws InputError when the state does not say.
std::int64_t saved_restarts_at_once(const std::vector<NamedTensor>& state);

/// Steps until done or until a stop is asked for; `progress` hears of every restart's steps.
Reconstruction run(Session& session, const std::function<void(const Progress&)>& progress = {},
                   const std::stop_token& stop = {});

}  // namespace palimpsest::inversion
