#include "inversion/closed_form/last_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest::inversion {
namespace {

double inner(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// dW = u v^T with |v| = 1: v is the direction of the longest row.
struct RankOne {
  Vector u, v;
};

RankOne rank_one(const LayerTensors& last) {
  const auto columns = static_cast<std::size_t>(last.layer->inputs);
  RankOne factors;
  double longest = 0;
  const auto row = [&](std::size_t o) {
    const auto first = last.weight_gradient.begin() + static_cast<std::ptrdiff_t>(o * columns);
    return Vector(first, first + static_cast<std::ptrdiff_t>(columns));
  };
  const auto rows = static_cast<std::size_t>(last.layer->outputs);
  for (std::size_t o = 0; o < rows; ++o) {
    const Vector values = row(o);
    const double norm = std::sqrt(inner(values, values));
    if (norm <= longest) continue;
    longest = norm;
    factors.v = values;
    for (double& value : factors.v) value /= norm;
  }
  if (longest == 0)
    throw NumericError(
        text("R-GAP: '", last.layer->node, "': a gradient of the weight expected, it vanishes"));
  for (std::size_t o = 0; o < rows; ++o) factors.u.push_back(inner(row(o), factors.v));
  return factors;
}

/// dL/dz of one example at these logits, for a hypothesis about the target.
class Prediction {
 public:
  Prediction(LossSpec loss, std::size_t outputs) : loss_(loss), outputs_(outputs) {}

  /// Cross-entropy: the class; binary: the bits of all outputs, of which a sign pattern is enough.
  Vector derivative(const Vector& logits, const Vector& target) const {
    Vector d(outputs_);
    if (loss_.kind == LossKind::cross_entropy) {
      const double top = *std::max_element(logits.begin(), logits.end());
      double sum = 0;
      for (std::size_t c = 0; c < outputs_; ++c) sum += d[c] = std::exp(logits[c] - top);
      for (std::size_t c = 0; c < outputs_; ++c) d[c] = d[c] / sum - target[c];
      return d;
    }
    const double share =
        loss_.reduction == nn::Reduction::mean ? 1 / static_cast<double>(outputs_) : 1;
    for (std::size_t c = 0; c < outputs_; ++c)
      d[c] = share * (1 / (1 + std::exp(-logits[c])) - target[c]);
    return d;
  }

  /// The target that gives d its signs: prediction - target is negative where the target is 1.
  /// Empty when no target of the loss does.
  Vector target_of(const Vector& u, double sign) const {
    Vector target(outputs_);
    for (std::size_t c = 0; c < outputs_; ++c) target[c] = sign * u[c] < 0 ? 1 : 0;
    const double ones = std::accumulate(target.begin(), target.end(), 0.0);
    const bool fits = loss_.kind == LossKind::binary_cross_entropy || ones == 1;
    return fits ? target : Vector{};
  }

 private:
  LossSpec loss_;
  std::size_t outputs_;
};

/// The scales of one sign: zeros of s d_c(s) - u_c at the largest |u_c|, looked for on a grid of
/// sizes from 1e-6 to 1e6 and bisected.
class Scales {
 public:
  Scales(const RankOne& factors, Vector logits, const Prediction& prediction, Vector target)
      : factors_(factors),
        logits_(std::move(logits)),
        prediction_(prediction),
        target_(std::move(target)) {
    for (std::size_t c = 1; c < factors.u.size(); ++c)
      if (std::abs(factors.u[c]) > std::abs(factors.u[decisive_])) decisive_ = c;
  }

  std::vector<double> all(double sign) const {
    std::vector<double> found;
    constexpr double growth = 1.02;
    for (double low = 1e-6; low < 1e6; low *= growth)
      if ((excess(sign * low) < 0) != (excess(sign * low * growth) < 0))
        found.push_back(bisected(sign * low, sign * low * growth));
    return found;
  }

  Vector derivative(double scale) const {
    Vector logits = logits_;
    for (double& value : logits) value *= scale;
    return prediction_.derivative(logits, target_);
  }

  double residual(double scale) const {
    const Vector d = derivative(scale);
    double difference = 0, squares = 0;
    for (std::size_t c = 0; c < d.size(); ++c) {
      const double observed = factors_.u[c] / scale;
      difference += (d[c] - observed) * (d[c] - observed);
      squares += observed * observed;
    }
    return std::sqrt(difference / squares);
  }

 private:
  double excess(double scale) const {
    return scale * derivative(scale)[decisive_] - factors_.u[decisive_];
  }

  double bisected(double low, double high) const {
    const bool below = excess(low) < 0;
    for (int halving = 0; halving < 100; ++halving) {
      const double middle = (low + high) / 2;
      ((excess(middle) < 0) == below ? low : high) = middle;
    }
    return (low + high) / 2;
  }

  const RankOne& factors_;
  Vector logits_;  ///< W v
  const Prediction& prediction_;
  Vector target_;
  std::size_t decisive_ = 0;
};

std::vector<ChainStart> scaled_starts(const LayerTensors& last, LossSpec loss) {
  if (loss.kind == LossKind::squared_error)
    throw UnsupportedError(
        "R-GAP: a bias in the last layer, cross-entropy or binary cross-entropy expected; a "
        "squared "
        "error without a bias came");
  const RankOne factors = rank_one(last);
  Vector logits(factors.u.size(), 0);
  for (std::size_t w = 0; w < last.weight.size(); ++w)
    logits[w / factors.v.size()] += last.weight[w] * factors.v[w % factors.v.size()];
  const Prediction prediction(loss, factors.u.size());
  std::vector<ChainStart> starts;
  for (const double sign : {1.0, -1.0}) {
    const Vector target = prediction.target_of(factors.u, sign);
    if (target.empty()) continue;
    const Scales scales(factors, logits, prediction, target);
    for (const double scale : scales.all(sign)) {
      ChainStart start{factors.v, factors.u, scales.residual(scale)};
      if (!(start.residual < 1e-3)) continue;
      for (double& value : start.x) value *= scale;
      for (double& value : start.d) value /= scale;
      starts.push_back(std::move(start));
    }
  }
  if (starts.empty())
    throw NumericError(text("R-GAP: '", last.layer->node,
                            "': a gradient of one example with a hard label expected, no input "
                            "explains the one that came"));
  return starts;
}

}  // namespace

std::vector<ChainStart> chain_starts(const LayerTensors& last, LossSpec loss) {
  if (last.bias_gradient.empty()) return scaled_starts(last, loss);
  ChainStart start{Vector(static_cast<std::size_t>(last.layer->inputs), 0), last.bias_gradient, 0};
  const double squares = inner(start.d, start.d);
  if (squares == 0)
    throw NumericError(
        text("R-GAP: '", last.layer->node, "': a gradient of the bias expected, it vanishes"));
  for (std::size_t w = 0; w < last.weight_gradient.size(); ++w)
    start.x[w % start.x.size()] += start.d[w / start.x.size()] * last.weight_gradient[w] / squares;
  return {std::move(start)};
}

}  // namespace palimpsest::inversion
