// How throughput grows with the restarts that run side by side, for small models:
//   scripts/build.sh release restarts_at_once && build/release/bench/restarts_at_once
// One thread, processor time of it, median of the rounds; rounds go over all numbers of restarts in
// turn, so that what disturbs the machine disturbs all of them. Prints a table in Markdown.

#include <time.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>

#include "inversion/session.h"
#include "tests/support/small_models.h"

using namespace palimpsest;
using inversion::AttackSpec;
using inversion::Session;

namespace {

constexpr std::int64_t numbers_of_restarts[] = {1, 2, 4, 8, 16, 32, 64};
constexpr int rounds = 7;
constexpr double least_seconds = 0.1;  // of one measurement

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Session session(const inversion::Problem& problem, AttackSpec spec, std::int64_t restarts) {
  spec.restarts = restarts;
  spec.iterations = 1'000'000;
  spec.labels = inversion::LabelSource::joint;
  spec.seed = 1;
  // A curved stretch of the search: no step ends it, and none is a failure.
  spec.lbfgs.rate = 1e-3;
  spec.lbfgs.tolerance_change = spec.lbfgs.tolerance_gradient = 0;
  return Session(problem, spec, {&small_models::kernels(), 1, 0, restarts});
}

/// Seconds of one iteration of all restarts.
double seconds_per_iteration(Session& session) {
  const double start = thread_seconds();
  int iterations = 0;
  while (thread_seconds() - start < least_seconds) {
    session.step();
    ++iterations;
  }
  return (thread_seconds() - start) / iterations;
}

void measure(const std::string& name, const Model& model, const AttackSpec& spec) {
  const inversion::Problem problem = small_models::observed_problem(
      model, {}, small_models::picture(inversion::images_type(model, 1)),
      small_models::labels({2}));
  std::vector<Session> sessions;
  for (const std::int64_t restarts : numbers_of_restarts)
    sessions.push_back(session(problem, spec, restarts));
  std::vector<std::vector<double>> seconds(sessions.size());
  for (int round = 0; round <= rounds; ++round)
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      const double measured = seconds_per_iteration(sessions[i]);
      if (round > 0) seconds[i].push_back(measured);  // the first one warms up
    }
  double alone = 0;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    std::nth_element(seconds[i].begin(), seconds[i].begin() + rounds / 2, seconds[i].end());
    const double median = seconds[i][rounds / 2];
    const double throughput = static_cast<double>(numbers_of_restarts[i]) / median;
    if (i == 0) alone = throughput;
    std::cout << "| " << name << " | " << spec.name << " | " << numbers_of_restarts[i] << " | "
              << sessions[i].steps().size() << " | " << std::fixed << std::setprecision(3)
              << median * 1e3 << " | " << std::setprecision(0) << throughput << " | "
              << std::setprecision(2) << throughput / alone << " | " << std::setprecision(1)
              << static_cast<double>(sessions[i].memory().total()) / (1 << 20) << " |" << std::endl;
  }
}

}  // namespace

int main() {
  const small_models::NetworkSpec spec{.weight_scale = 0.1};
  const Model lenet = small_models::lenet(spec), mlp = small_models::mlp(28, 64, spec);
  const Model smaller = small_models::mlp(8, 32, spec), smallest = small_models::mlp(4, 16, spec);
  std::cout << "| model | attack | restarts at once | launches | ms an iteration of all | "
               "candidate-iterations a second | times one alone | MiB |\n"
               "|---|---|---|---|---|---|---|---|\n";
  for (const auto& attack : {inversion::inverting_gradients(), inversion::dlg()}) {
    measure("LeNet 32x32", lenet, attack);
    measure("MLP 784-64-10", mlp, attack);
    measure("MLP 64-32-10", smaller, attack);
    measure("MLP 16-16-10", smallest, attack);
  }
}
