#include "tools/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <array>

namespace palimpsest::tools {
namespace {

constexpr std::array handled{SIGINT, SIGTERM, SIGHUP};

// A signal handler can reach nothing but what is global; these two words are all there is.
std::atomic<int> received{0};
std::array<struct sigaction, handled.size()> former{};

void on_signal(int signal) {
  int none = 0;
  if (!received.compare_exchange_strong(none, signal)) _exit(128 + signal);
}

}  // namespace

InterruptScope::InterruptScope() {
  received = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &action, &former[i]);
}

InterruptScope::~InterruptScope() {
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &former[i], nullptr);
}

bool InterruptScope::requested() { return received != 0; }

ExitCode InterruptScope::exit_code() {
  if (received == 0) return ExitCode::ok;
  return received == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
}

}  // namespace palimpsest::tools
