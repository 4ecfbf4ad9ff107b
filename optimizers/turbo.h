#pragma once
// TuRBO-1: Bayesian optimisation inside one trust region that moves, grows, shrinks and begins
// anew (Eriksson et al. 2019). For values that are costly: some hundred to thousand evaluations of
// up to some hundred variables in a box. It minimises.

#include <limits>

#include "optimizers/gaussian_process.h"
#include "optimizers/trust_region.h"

namespace palimpsest::optimizers {

struct TurboSettings {
  Eigen::Index batch = 10;
  Eigen::Index initial = 0;     ///< points of the Latin hypercube that opens a region; 0: 2 n
  Eigen::Index candidates = 0;  ///< of a batch; 0: min(100 n, 5000)
  std::uint64_t seed = 0;
  double first_length = 0.8, least_length = 0.0078125, most_length = 1.6;
  std::int64_t successes = 3;  ///< batches in a row until the region doubles
  std::int64_t failures = 0;   ///< until it halves; 0: ceil(max(4, n) / batch)
  /// Steps of the kernel's fit: the first in a region, and later ones, which begin where the one
  /// before ended. The published program takes 50 from the default kernel each time.
  int first_fit_steps = 200, later_fit_steps = 20;
  KernelRanges ranges = {};
};

class Turbo {
 public:
  /// Throws InputError when the box or a setting is out of range.
  explicit Turbo(Box box, TurboSettings settings = {});

  /// The points to evaluate next, one a row, in the box: `batch`, or fewer at the end of a region's
  /// opening. The same until tell(). Throws NumericError when the model cannot be fitted.
  Points ask();

  /// Takes the values of ask()'s rows. Those that are not finite enter the model as the worst
  /// finite one of the region, so that it leads away from them. Throws InputError when nothing was
  /// asked or the number is wrong, NumericError when none is finite; the state is then what it was.
  void tell(std::span<const double> values);

  /// The best point told so far and its value: the middle of the box and +infinity before that.
  Eigen::VectorXd best() const { return placed(state_.best.transpose()).transpose(); }
  double best_value() const { return state_.best_value; }

  const TrustRegion& region() const { return state_.region; }
  std::int64_t restarts() const { return state_.restarts; }
  std::int64_t evaluations() const { return state_.evaluations; }

  /// Everything a later step depends on, for checkpoints; restore() continues bit for bit in a
  /// search constructed with the same arguments.
  NamedLiterals state() const;
  /// Throws InputError when a tensor is missing, has another type or does not describe a search.
  void restore(const NamedLiterals& state);

 private:
  /// Points lie in the unit cube.
  struct State {
    std::int64_t restarts = 0, evaluations = 0, batches = 0;
    TrustRegion region;
    std::int64_t opened = 0;  ///< points of the region's Latin hypercube that were told
    Points points, asked;     ///< told in this region; of the current batch
    std::vector<double> values;
    bool fitted = false;
    KernelParameters kernel;
    Eigen::VectorXd best;
    double best_value = std::numeric_limits<double>::infinity();
  };

  Eigen::Index dimension() const { return box_.lower.size(); }
  bool is_opening() const { return state_.opened < settings_.initial; }
  Points placed(const Points& unit) const;
  void open_region(State& state) const;
  Points opening_batch() const;
  Points thompson_batch();
  void record(State& next, std::span<const double> values) const;

  Box box_;
  TurboSettings settings_;
  TrustRegionRules rules_;
  State state_;
};

}  // namespace palimpsest::optimizers
