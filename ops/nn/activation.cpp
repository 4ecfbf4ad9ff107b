#include "ops/nn/activation.h"

#include <numbers>

#include "ops/pointwise/binary.h"

namespace palimpsest::nn {
namespace {

Value positive(Value x) { return less(zeros_like(x), x); }

/// x where it is not positive, else 0: what may be fed to exp on the branch not taken, so
/// that no inf * 0 arises in any derivative.
Value negative_part(Value x) { return select(positive(x), zeros_like(x), x); }

}  // namespace

Value gelu(Value x, GeluForm form) {
  if (form == GeluForm::exact) return 0.5 * x * (erf(x * (0.5 * std::numbers::sqrt2)) + 1);
  // Hendrycks and Gimpel, "Gaussian error linear units", 2016, section 2.
  const double slope = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  return 0.5 * x * (tanh(slope * (x + 0.044715 * (x * x * x))) + 1);
}

Value silu(Value x) { return x * sigmoid(x); }

Value mish(Value x) { return x * tanh(softplus(x)); }

Value softsign(Value x) { return x / (abs(x) + 1); }

Value leaky_relu(Value x, double slope) { return select(positive(x), x, slope * x); }

Value prelu(Value x, Value slope) { return select(positive(x), x, slope * x); }

Value elu(Value x, double alpha) { return select(positive(x), x, alpha * expm1(negative_part(x))); }

Value selu(Value x, double alpha, double gamma) { return gamma * elu(x, alpha); }

Value celu(Value x, double alpha) {
  return select(positive(x), x, alpha * expm1(negative_part(x) / alpha));
}

Value hard_sigmoid(Value x, double slope, double offset) {
  const Value t = slope * x + offset;
  return clip(t, zeros_like(t), ones_like(t), ClipBorder::block);
}

// As torch does, x itself is compared with the borders, not the rounded argument of the clip.
Value hard_swish(Value x) {
  const Value parabola = x * (x / 6 + 0.5);
  const Value right = select(less_equal(full_like(x, 3), x), x, parabola);
  return select(less_equal(x, full_like(x, -3)), zeros_like(x), right);
}

Value thresholded_relu(Value x, double threshold) {
  return select(less(full_like(x, threshold), x), x, zeros_like(x));
}

Value shrink(Value x, double bias, double lambda) {
  const Value right = select(less(full_like(x, lambda), x), x - bias, zeros_like(x));
  return select(less(x, full_like(x, -lambda)), x + bias, right);
}

Value clip(Value x, Value low, Value high, ClipBorder border) {
  const auto beyond = border == ClipBorder::pass ? less : less_equal;
  if (low) x = select(beyond(x, low), low, x);
  if (high) x = select(beyond(high, x), high, x);
  return x;
}

}  // namespace palimpsest::nn
