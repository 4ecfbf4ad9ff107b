#include "inversion/distance.h"

#include <cmath>

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

double weight_of(std::span<const double> weights, std::size_t tensor) {
  return weights.empty() ? 1.0 : weights[tensor];
}

Literal scaled(const Literal& literal, double factor, DType dtype) {
  std::vector<double> values = literal.doubles();
  for (double& value : values) value *= factor;
  return Literal::of<double>(literal.shape(), values).converted(dtype);
}

double weighted_norm(std::span<const Literal> observed, std::span<const double> weights) {
  double sum = 0;
  for (std::size_t k = 0; k < observed.size(); ++k)
    for (const double value : observed[k].doubles()) sum += weight_of(weights, k) * value * value;
  return std::sqrt(sum);
}

Distance squared_l2(Operands candidate, std::span<const Literal> observed,
                    std::span<const double> weights) {
  Distance result;
  std::vector<Value> differences;
  for (std::size_t k = 0; k < candidate.size(); ++k) {
    const Value a = candidate[k];
    const Value difference = a - a.graph().constant(observed[k].converted(a.dtype()));
    differences.push_back(difference * std::sqrt(weight_of(weights, k)));
    result.direction.push_back(difference * (2 * weight_of(weights, k)));
  }
  result.value = sum_of_squares(differences);
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
  std::vector<Value> a;
  for (std::size_t k = 0; k < candidate.size(); ++k)
    a.push_back(candidate[k] * std::sqrt(weight_of(weights, k)));
  const Value squares = sum_of_squares(a);
  const Value zero = equal(squares, zeros_like(squares));
  const Value inverse =
      select(zero, zeros_like(squares), rsqrt(select(zero, ones_like(squares), squares)));

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
  return kind == DistanceKind::cosine ? cosine(candidate, observed, weights)
                                      : squared_l2(candidate, observed, weights);
}

}  // namespace palimpsest::inversion
