#include "inversion/transform.h"

#include "inversion/attack_label.h"
#include "inversion/tensor_sums.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"

namespace palimpsest::inversion {
namespace {

std::vector<Value> times(Operands tensors, Value factor) {
  std::vector<Value> products;
  for (const Value tensor : tensors) products.push_back(tensor * cast(factor, tensor.dtype()));
  return products;
}

/// u = s a with s = min(1, bound / |a|), and its transposed derivative: s (d - a <a, d> / |a|^2)
/// where s < 1, else d.
Transformed clipped(const std::vector<Value>& candidate, double bound) {
  const Value squares = weighted_inner(candidate, candidate);
  const Value above = less(full_like(squares, bound * bound), squares);
  const Value inverse = rsqrt(select(above, squares, ones_like(squares)));
  const Value scale = select(above, inverse * bound, ones_like(squares));
  const auto pulled_back = [=](const std::vector<Value>& direction) {
    const Value along = select(above, weighted_inner(candidate, direction) * inverse * inverse,
                               zeros_like(squares));
    std::vector<Value> result;
    for (std::size_t k = 0; k < candidate.size(); ++k) {
      const DType dtype = candidate[k].dtype();
      result.push_back((direction[k] - candidate[k] * cast(along, dtype)) * cast(scale, dtype));
    }
    return result;
  };
  return {times(candidate, scale), pulled_back};
}

Transformed clipped_by_layer(const std::vector<Value>& candidate,
                             std::span<const Literal> observed) {
  std::vector<Transformed> layers;
  Transformed result;
  for (std::size_t k = 0; k < candidate.size(); ++k) {
    layers.push_back(clipped({candidate[k]}, weighted_norm(observed.subspan(k, 1))));
    result.update.push_back(layers.back().update.front());
  }
  result.pulled_back = [layers](const std::vector<Value>& direction) {
    std::vector<Value> pulled;
    for (std::size_t k = 0; k < direction.size(); ++k)
      pulled.push_back(layers[k].pulled_back({direction[k]}).front());
    return pulled;
  };
  return result;
}

/// 1 where the tensor is not 0.
Literal support_of(const Literal& tensor) {
  std::vector<double> values = tensor.doubles();
  for (double& value : values) value = value == 0 ? 0 : 1;
  return Literal::of<double>(tensor.shape(), values);
}

Transformed on_support(const std::vector<Value>& candidate, std::span<const Literal> observed) {
  std::vector<Value> masks;
  for (std::size_t k = 0; k < candidate.size(); ++k)
    masks.push_back(
        candidate[k].graph().constant(support_of(observed[k]).converted(candidate[k].dtype())));
  const auto masked = [masks](const std::vector<Value>& tensors) {
    std::vector<Value> result;
    for (std::size_t k = 0; k < tensors.size(); ++k) result.push_back(tensors[k] * masks[k]);
    return result;
  };
  return {masked(candidate), masked};
}

}  // namespace

Transformed transformed(Transform transform, const std::vector<Value>& candidate,
                        std::span<const Literal> observed) {
  const LabelScope label = attack_part(candidate.front().graph(), "transform");
  switch (transform) {
    case Transform::clipping:
      return clipped(candidate, weighted_norm(observed));
    case Transform::layer_clipping:
      return clipped_by_layer(candidate, observed);
    case Transform::observed_support:
      return on_support(candidate, observed);
    case Transform::none:
    case Transform::recorded:  // the objective has put the problem's in its place
      break;
  }
  return {candidate, [](const std::vector<Value>& direction) { return direction; }};
}

}  // namespace palimpsest::inversion
