#include "optimizers/lbfgs.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "optimizers/host_vectors.h"
#include "optimizers/points.h"

namespace palimpsest::optimizers {
namespace {

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  return optimizers::dot(a.data(), b.data(), a.size());
}

template <class T>
double largest(const std::vector<T>& a) {
  return largest_magnitude(a.data(), a.size());
}

template <class T>
double sum_of_magnitudes(const std::vector<T>& a) {
  return optimizers::sum_of_magnitudes(a.data(), a.size());
}

/// y += factor * x
template <class T>
void add_scaled(std::vector<T>& y, double factor, const std::vector<T>& x) {
  optimizers::add_scaled(y.data(), static_cast<T>(factor), x.data(), y.size());
}

template <class T>
std::vector<T> joined(const std::vector<std::span<const T>>& parts) {
  std::vector<T> flat;
  for (const std::span<const T> part : parts) flat.insert(flat.end(), part.begin(), part.end());
  return flat;
}

template <class T>
void move(const std::vector<std::span<T>>& variables, double factor, const std::vector<T>& along) {
  const T* from = along.data();
  for (const std::span<T> variable : variables) {
    optimizers::add_scaled(variable.data(), static_cast<T>(factor), from, variable.size());
    from += variable.size();
  }
}

/// f and its flat gradient, checked.
template <class T>
std::pair<double, std::vector<T>> checked(const Evaluation<T>& evaluation) {
  std::vector<T> gradient = joined(evaluation.gradient);
  if (!std::isfinite(evaluation.value) || !std::isfinite(sum_of_magnitudes(gradient)))
    throw NumericError(text("L-BFGS: f = ", evaluation.value,
                            " and its gradient must be finite; the step was too long"));
  return {evaluation.value, std::move(gradient)};
}

}  // namespace

template <class T>
void Lbfgs<T>::remember(const std::vector<T>& gradient) {
  Pair pair{direction_, gradient, 0};
  for (T& change : pair.change) change *= static_cast<T>(step_size_);
  add_scaled(pair.gradient_change, -1, previous_gradient_);
  const double curvature = dot(pair.change, pair.gradient_change);
  if (curvature <= 1e-10) return;  // would spoil the positive definite approximation
  if (std::cmp_equal(pairs_.size(), settings_.history)) pairs_.pop_front();
  scale_ = curvature / dot(pair.gradient_change, pair.gradient_change);
  pair.reciprocal = 1 / curvature;
  pairs_.push_back(std::move(pair));
}

/// The two-loop recursion (Nocedal and Wright 2006, algorithm 7.4).
template <class T>
void Lbfgs<T>::apply_inverse_hessian(const std::vector<T>& gradient) {
  direction_.assign(gradient.size(), T{});
  add_scaled(direction_, -1, gradient);
  std::vector<double> alpha(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    alpha[i] = dot(pairs_[i].change, direction_) * pairs_[i].reciprocal;
    add_scaled(direction_, -alpha[i], pairs_[i].gradient_change);
  }
  for (T& x : direction_) x *= static_cast<T>(scale_);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const double beta = dot(pairs_[i].gradient_change, direction_) * pairs_[i].reciprocal;
    add_scaled(direction_, alpha[i] - beta, pairs_[i].change);
  }
}

template <class T>
void Lbfgs<T>::update_direction(const std::vector<T>& gradient) {
  const bool first = iterations_++ == 0;
  if (!first) remember(gradient);
  apply_inverse_hessian(gradient);
  // Nothing is known of the scale before the first move, so it is at most one long in l1.
  step_size_ = settings_.rate * (first ? std::min(1.0, 1 / sum_of_magnitudes(gradient)) : 1.0);
}

/// Whether the last move ended the step: enough evaluations, or too little changed.
template <class T>
bool Lbfgs<T>::has_settled(double value) const {
  return evaluations_ >= settings_.max_evaluations ||
         largest(direction_) * step_size_ <= settings_.tolerance_change ||
         std::abs(value - previous_value_) < settings_.tolerance_change;
}

template <class T>
bool Lbfgs<T>::take(const Variables& variables, const Evaluation<T>& evaluation) {
  const auto [value, gradient] = checked(evaluation);
  if (++evaluations_ > 1 && has_settled(value)) return false;
  if (largest(gradient) <= settings_.tolerance_gradient) return false;
  update_direction(gradient);
  const double slope = dot(gradient, direction_);
  previous_gradient_ = gradient;
  if (slope > -settings_.tolerance_change) return false;
  move(variables, step_size_, direction_);
  previous_value_ = value;
  // The last move is not evaluated: the next step begins with that.
  return evaluations_ < settings_.max_iterations;
}

template <class T>
double Lbfgs<T>::step(const Variables& variables, const Evaluate& evaluate) {
  begin();
  Evaluation<T> evaluation = evaluate();
  const double first_value = evaluation.value;
  while (take(variables, evaluation)) evaluation = evaluate();
  return first_value;
}

template <class T>
std::vector<std::pair<std::string, Literal>> Lbfgs<T>::state() const {
  const auto vector = [](const std::vector<T>& values) {
    return Literal::of<T>({static_cast<std::int64_t>(values.size())}, values);
  };
  std::vector<std::pair<std::string, Literal>> state{
      {"iterations", Literal::scalar(iterations_)},
      {"step_size", Literal::scalar(step_size_)},
      {"scale", Literal::scalar(scale_)},
      {"pairs", Literal::scalar(static_cast<std::int64_t>(pairs_.size()))},
      {"direction", vector(direction_)},
      {"previous_gradient", vector(previous_gradient_)}};
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    state.emplace_back(text("change.", i), vector(pairs_[i].change));
    state.emplace_back(text("gradient_change.", i), vector(pairs_[i].gradient_change));
    state.emplace_back(text("reciprocal.", i), Literal::scalar(pairs_[i].reciprocal));
  }
  return state;
}

template <class T>
void Lbfgs<T>::restore(const std::vector<std::pair<std::string, Literal>>& state) {
  const StateReader reader("L-BFGS", state);
  iterations_ = reader.integer("iterations");
  step_size_ = reader.number("step_size");
  scale_ = reader.number("scale");
  direction_ = reader.list<T>("direction");
  previous_gradient_ = reader.list<T>("previous_gradient");
  pairs_.clear();
  const std::int64_t pairs = reader.integer("pairs");
  for (std::int64_t i = 0; i < pairs; ++i)
    pairs_.push_back({reader.list<T>(text("change.", i)),
                      reader.list<T>(text("gradient_change.", i)),
                      reader.number(text("reciprocal.", i))});
}

template class Lbfgs<float>;
template class Lbfgs<double>;

}  // namespace palimpsest::optimizers
