#pragma once
// The exit codes of the command, which are part of its public interface, and the one place
// where an exception becomes one of them.

#include <exception>
#include <string>

#include "graph/error.h"

namespace palimpsest::tools {

enum class ExitCode : int {
  ok = 0,
  verdict_failed = 1,  ///< finished, but a threshold or comparison failed
  usage = 2,           ///< command line or configuration
  bad_input = 3,       ///< model, update, image or mapping
  unsupported = 4,     ///< operator, dtype or device
  io = 5,              ///< reading, writing, locking
  numeric = 6,         ///< not a finite number
  resources = 7,       ///< does not fit the budget
  internal = 70,       ///< a defect of this program
  interrupted = 130,   ///< SIGINT; the best so far is saved
  terminated = 143     ///< SIGTERM; the best so far is saved
};

/// A command line or configuration that does not make sense.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// What the error envelope says about an exception.
struct Failure {
  ExitCode exit_code = ExitCode::internal;
  std::string code;  ///< name of the error's class
  std::string message;
};

Failure failure_of(const std::exception& error);

}  // namespace palimpsest::tools
