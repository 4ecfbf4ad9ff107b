#pragma once
// Ctrl-C and SIGTERM for the command (the library installs no handlers): the first asks the
// work to stop after its current step, the second ends the process at once. SIGPIPE and SIGXFSZ
// are ignored meanwhile, so that a write fails with an error instead.

#include <atomic>

#include "tools/cli/exit_code.h"

namespace palimpsest::tools {

class InterruptScope {
 public:
  /// Installs the handlers; the destructor puts the former ones back.
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  /// True once a signal came: what the work should look at between steps.
  static bool requested();
  /// interrupted or terminated, whichever came; ok when none did.
  static ExitCode exit_code();
};

}  // namespace palimpsest::tools
