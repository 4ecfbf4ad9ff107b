#pragma once
// CMA-ES, the evolution strategy with covariance matrix adaptation: a search that needs values
// alone. (mu/mu_w, lambda) selection, rank-one and rank-mu updates and cumulative step-size
// adaptation as in Hansen, "The CMA evolution strategy: a tutorial" (arXiv 1604.00772). It
// minimises, and it is invariant to rotations of the space and to monotone maps of the values.

#include <optional>
#include <span>

#include "optimizers/cma_es_constants.h"
#include "optimizers/points.h"

namespace palimpsest::optimizers {

struct CmaEsSettings {
  Eigen::Index population = 0;  ///< lambda, at least 2; 0: 4 + floor(3 ln n)
  std::uint64_t seed = 0;
  bool active = false;  ///< also learn from the worse half (negative weights, section 3.3)
  /// The strategy searches the whole space, and every coordinate is folded into the box before it
  /// is valued: the identity inside but for a twentieth of the width at each side, where a parabola
  /// takes over, whose vertex is the side; beyond it the map goes back. So the distribution stays
  /// Gaussian, no penalty needs a weight, and a minimum at a side is one of a smooth function.
  std::optional<Box> box = {};

  // The conditions of CmaEs::stopped(), from appendix B.3 of the tutorial.
  double tolerance_x = 1e-12;       ///< of the spread, relative to the first step size
  double tolerance_value = 1e-12;   ///< of the best values of many generations
  double largest_condition = 1e14;  ///< of the covariance
  double largest_growth = 1e4;      ///< of the longest axis, relative to the first step size
};

enum class CmaEsStop {
  spread,         ///< every coordinate varies by less than tolerance_x
  values,         ///< values of 10 + ceil(30 n / lambda) generations lie within tolerance_value
  condition,      ///< the axes of the distribution differ too much
  growth,         ///< the distribution grew: the first step size was far too small
  no_effect_axis  ///< a tenth of a step along an axis, or a fifth along a coordinate, is rounded
                  ///< off
};

class CmaEs {
 public:
  /// Throws InputError when the start is empty, not finite or outside the box, the step size is
  /// not positive and finite, or a setting is out of its range.
  CmaEs(Eigen::VectorXd start, double step_size, CmaEsSettings settings = {});

  /// The candidates of this generation, [population, n]; a function of the state alone.
  Points ask() const;

  /// Updates the distribution from the values of ask()'s rows. Values that are not finite rank
  /// behind all others, in order of their rows. Throws InputError when their number is wrong, and
  /// NumericError when none is finite or the distribution has left the finite numbers; in all
  /// cases the state is then what it was.
  void tell(std::span<const double> values);

  std::optional<CmaEsStop> stopped() const;

  /// The best point told so far, inside the box, and its value: the start and +infinity before the
  /// first tell().
  const Eigen::VectorXd& best() const { return state_.best; }
  double best_value() const { return state_.best_value; }

  Eigen::VectorXd mean() const { return inside(state_.mean); }  ///< folded into the box
  double step_size() const { return state_.sigma; }
  Points covariance() const { return state_.covariance; }  ///< C: without the step size
  std::int64_t generation() const { return state_.generation; }
  std::int64_t evaluations() const { return state_.generation * population_; }

  /// Everything a later step depends on, for checkpoints; restore() continues bit for bit in a
  /// search constructed with the same arguments.
  NamedLiterals state() const;
  /// Throws InputError when a tensor is missing, has another type or does not describe a search.
  void restore(const NamedLiterals& state);

 private:
  struct State {
    std::int64_t generation = 0;
    std::int64_t decomposed = 0;  ///< generation whose covariance `basis` and `lengths` show
    double sigma = 0;
    Eigen::VectorXd mean, path_sigma, path_c;
    Eigen::MatrixXd covariance;  ///< C
    Eigen::MatrixXd basis;       ///< B: its eigenvectors, one a column
    Eigen::VectorXd lengths;     ///< D: square roots of its eigenvalues
    Eigen::VectorXd best;
    double best_value = 0;
    std::vector<double> history;  ///< best values of the last generations, oldest first
    double spread_of_values = 0;  ///< of the last generation: its greatest finite value - its least
  };

  Eigen::VectorXd inside(const Eigen::VectorXd& x) const;
  Eigen::MatrixXd steps() const;
  void move(State& next, const Eigen::MatrixXd& steps, std::span<const Eigen::Index> ranked) const;
  void remember(State& next, std::span<const double> values, Eigen::Index best,
                const Eigen::MatrixXd& steps) const;
  bool has_no_effect() const;
  std::size_t history_length() const;

  CmaEsSettings settings_;
  double first_step_size_;
  Eigen::Index dimension_, population_;
  CmaEsConstants constants_;
  State state_;
};

}  // namespace palimpsest::optimizers
