#include "tools/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <array>

namespace palimpsest::tools {
namespace {

constexpr std::array handled{SIGINT, SIGTERM, SIGHUP};
// Ignored, a closed pipe and a full quota become errors of the write, with the best so far saved.
constexpr std::array ignored{SIGPIPE, SIGXFSZ};

// A signal handler can reach nothing but what is global; these words are all there is.
std::atomic<int> received{0};
std::array<struct sigaction, handled.size() + ignored.size()> former{};

int code_of(int signal) {
  return static_cast<int>(signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated);
}

void on_signal(int signal) {
  int none = 0;
  if (!received.compare_exchange_strong(none, signal)) _exit(code_of(signal));
}

/// Visits every signal that is changed, with its place in `former`.
template <class Visit>
void each_signal(Visit visit) {
  std::size_t i = 0;
  for (const int signal : handled) visit(signal, former[i++], on_signal);
  for (const int signal : ignored) visit(signal, former[i++], SIG_IGN);
}

}  // namespace

InterruptScope::InterruptScope() {
  received = 0;
  each_signal([](int signal, struct sigaction& before, auto handler) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, &before);
  });
}

InterruptScope::~InterruptScope() {
  each_signal([](int signal, const struct sigaction& before, auto) {
    sigaction(signal, &before, nullptr);
  });
}

bool InterruptScope::requested() { return received != 0; }

ExitCode InterruptScope::exit_code() {
  if (received == 0) return ExitCode::ok;
  return static_cast<ExitCode>(code_of(received));
}

}  // namespace palimpsest::tools
