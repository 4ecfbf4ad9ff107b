#pragma once
// L-BFGS without line search, driven by the host, with the behaviour that torch.optim.LBFGS
// documents: the optimiser of DLG and iDLG, whose published results depend on its details.
// It moves the caller's own buffers; nothing is copied but the history.

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::optimizers {

struct LbfgsSettings {
  double rate = 1;
  int max_iterations = 20;           ///< inner iterations of one step()
  int max_evaluations = 25;          ///< function evaluations of one step()
  double tolerance_gradient = 1e-7;  ///< stop when max |g| is at most this
  double tolerance_change = 1e-9;    ///< stop when |f| or max |t d| changes by less
  int history = 100;
};

/// f and its gradient at the point that the variables hold now. The spans must stay valid
/// until the next evaluation and be cut as the variables are.
template <class T>
struct Evaluation {
  double value = 0;
  std::vector<std::span<const T>> gradient;
};

template <class T>
class Lbfgs {
 public:
  using Variables = std::vector<std::span<T>>;
  using Evaluate = std::function<Evaluation<T>()>;

  explicit Lbfgs(LbfgsSettings settings = {}) : settings_(settings) {}

  /// One step is a dialogue, so that several searches can share their evaluations: begin(), then
  /// take() for one evaluation after the other, until it returns false. Each is of the point that
  /// the variables hold; take() moves them, max_iterations times at most, and says whether this
  /// step wants the new point evaluated. Throws NumericError when f or its gradient is not finite;
  /// the variables then hold the point of that evaluation.
  void begin() { evaluations_ = 0; }
  bool take(const Variables& variables, const Evaluation<T>& evaluation);
  /// The whole dialogue. Returns f at the point it began from.
  double step(const Variables& variables, const Evaluate& evaluate);

  /// Everything a later step depends on, for checkpoints; restore() continues bit for bit.
  std::vector<std::pair<std::string, Literal>> state() const;
  /// Throws InputError when a tensor is missing or has another type.
  void restore(const std::vector<std::pair<std::string, Literal>>& state);

 private:
  struct Pair {
    std::vector<T> change, gradient_change;
    double reciprocal;  ///< 1 / <change, gradient_change>
  };

  bool has_settled(double value) const;
  void update_direction(const std::vector<T>& gradient);
  void remember(const std::vector<T>& gradient);
  void apply_inverse_hessian(const std::vector<T>& gradient);

  LbfgsSettings settings_;
  int evaluations_ = 0;          ///< of the current step
  double previous_value_ = 0;    ///< of the evaluation before, in the current step
  std::int64_t iterations_ = 0;  ///< inner iterations over all steps
  std::vector<T> direction_, previous_gradient_;
  double step_size_ = 0, scale_ = 1;
  std::deque<Pair> pairs_;
};

}  // namespace palimpsest::optimizers
