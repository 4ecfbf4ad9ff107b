#include "inversion/distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "inversion/attack_label.h"
#include "inversion/tensor_sums.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::inversion {
namespace {

/// sum of x^2 over all tensors, in f64 whatever their dtype.
Value sum_of_squares(Operands tensors) {
  Value sum;
  for (const Value tensor : tensors) {
    const Value wide = cast(tensor, DType::f64);
    const Value part = sum_all(wide * wide);
    sum = sum ? sum + part : part;
  }
  return sum;
}

Literal scaled(const Literal& literal, double factor, DType dtype) {
  std::vector<double> values = literal.doubles();
  for (double& value : values) value *= factor;
  return Literal::of<double>(literal.shape(), values).converted(dtype);
}

Value difference_to(Value a, const Literal& b) {
  return a - a.graph().constant(b.converted(a.dtype()));
}

/// 1 / sqrt(squares), and 0 for 0.
Value inverse_norm(Value squares) {
  const Value zero = equal(squares, zeros_like(squares));
  return select(zero, zeros_like(squares), rsqrt(select(zero, ones_like(squares), squares)));
}

/// The derivative of a norm at 0 is taken as 0.
Distance l2_norms(Operands candidate, std::span<const Literal> observed,
                  std::span<const double> weights) {
  Distance result;
  for (std::size_t k = 0; k < candidate.size(); ++k) {
    const Value difference = difference_to(candidate[k], observed[k]);
    const Value squares = sum_of_squares(std::array{difference});
    const Value inverse = inverse_norm(squares) * weight_of(weights, k);
    const Value part = squares * inverse;
    result.value = result.value ? result.value + part : part;
    result.direction.push_back(difference * cast(inverse, difference.dtype()));
  }
  return result;
}

Distance squared_l2(Operands candidate, std::span<const Literal> observed,
                    std::span<const double> weights) {
  Distance result;
  std::vector<Value> differences;
  for (std::size_t k = 0; k < candidate.size(); ++k) {
    const Value difference = difference_to(candidate[k], observed[k]);
    differences.push_back(difference * std::sqrt(weight_of(weights, k)));
    result.direction.push_back(difference * (2 * weight_of(weights, k)));
  }
  result.value = sum_of_squares(differences);
  return result;
}

Distance mean_squared_l2(Operands candidate, std::span<const Literal> observed,
                         std::span<const double> weights) {
  std::vector<double> shares;
  for (std::size_t k = 0; k < candidate.size(); ++k)
    shares.push_back(weight_of(weights, k) / static_cast<double>(candidate.size()));
  return squared_l2(candidate, observed, shares);
}

/// For f32 tensors, whose products are exact in f64: D = 1 - <a, b'> / |a| and
/// dD/da = (<a, b'> / |a|^2 a - b') / |a|, so that a and b are read once for both sums and once for
/// the derivative. 1 - cos loses what is below 1e-15, but rounding a itself to f32 moves D by that.
Distance cosine_of_f32(Operands candidate, std::span<const Literal> observed, double norm,
                       std::span<const double> weights) {
  std::vector<Value> b;
  for (std::size_t k = 0; k < candidate.size(); ++k)
    b.push_back(candidate[k].graph().constant(observed[k].converted(DType::f32)));
  const Value squares = weighted_inner(candidate, candidate, weights);
  const Value product = weighted_inner(candidate, b, weights) * (1 / norm);
  const Value inverse = inverse_norm(squares);
  const Value cosine = product * inverse;
  Distance result;
  result.value = ones_like(cosine) - cosine;
  for (std::size_t k = 0; k < candidate.size(); ++k) {
    const double weight = weight_of(weights, k);
    const Value along_a = cast(cosine * inverse * inverse * weight, DType::f32);
    const Value along_b = cast(inverse * (-weight / norm), DType::f32);
    result.direction.push_back(candidate[k] * along_a + b[k] * along_b);
  }
  return result;
}

/// With unit vectors a' = a/|a| and b' = b/|b|: D = |a' - b'|^2 / 2 and, because <a', b'> is
/// 1 - D, dD/da = (a' - b' - D a') / |a|. Neither subtracts numbers that are nearly equal but
/// a' - b' itself. Tensor weights enter as square roots on a and b.
Distance cosine(Operands candidate, std::span<const Literal> observed,
                std::span<const double> weights) {
  const double norm = weighted_norm(observed, weights);
  if (!std::isfinite(norm) || norm == 0)
    throw InputError(text("cosine distance: an observed update of finite norm above 0 expected, ",
                          norm, " came"));
  if (std::ranges::all_of(candidate, [](Value a) { return a.dtype() == DType::f32; }))
    return cosine_of_f32(candidate, observed, norm, weights);
  std::vector<Value> a;
  for (std::size_t k = 0; k < candidate.size(); ++k)
    a.push_back(candidate[k] * std::sqrt(weight_of(weights, k)));
  const Value squares = sum_of_squares(a);
  const Value zero = equal(squares, zeros_like(squares));
  const Value inverse = inverse_norm(squares);

  std::vector<Value> units, differences;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double factor = std::sqrt(weight_of(weights, k)) / norm;
    units.push_back(a[k] * cast(inverse, a[k].dtype()));
    differences.push_back(units[k] -
                          a[k].graph().constant(scaled(observed[k], factor, a[k].dtype())));
  }
  Distance result;
  result.value = select(zero, ones_like(squares), sum_of_squares(differences) * 0.5);
  for (std::size_t k = 0; k < a.size(); ++k) {
    const DType dtype = a[k].dtype();
    const Value along = differences[k] - units[k] * cast(result.value, dtype);
    const Value scale = cast(inverse * std::sqrt(weight_of(weights, k)), dtype);
    result.direction.push_back(along * scale);
  }
  return result;
}

}  // namespace

Distance distance(DistanceKind kind, Operands candidate, std::span<const Literal> observed,
                  std::span<const double> weights) {
  if (candidate.size() != observed.size() || candidate.empty() ||
      (!weights.empty() && weights.size() != candidate.size()))
    throw InputError(text("distance: ", candidate.size(), " tensors: ", observed.size(),
                          " observed and ", weights.size(), " weights came"));
  const LabelScope label = attack_part(candidate.front().graph(), "distance");
  switch (kind) {
    case DistanceKind::squared_l2:
      return squared_l2(candidate, observed, weights);
    case DistanceKind::mean_squared_l2:
      return mean_squared_l2(candidate, observed, weights);
    case DistanceKind::l2_norms:
      return l2_norms(candidate, observed, weights);
    case DistanceKind::cosine:
      return cosine(candidate, observed, weights);
  }
  throw std::logic_error("distance: no such kind");
}

}  // namespace palimpsest::inversion
