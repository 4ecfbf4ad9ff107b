#include "tests/support/indices.h"

#include <numeric>

namespace palimpsest::testing {

void each_index(const Shape& box, const std::function<void(const Integers&)>& visit) {
  Integers index(static_cast<std::size_t>(box.rank()), 0);
  for (std::int64_t i = 0; i < box.elements(); ++i) {
    std::int64_t rest = i;
    for (int axis = box.rank(); axis-- > 0; rest /= box[axis])
      index[static_cast<std::size_t>(axis)] = rest % box[axis];
    visit(index);
  }
}

std::size_t place(const Shape& shape, const Integers& index) {
  const Integers strides = shape.strides();
  return static_cast<std::size_t>(
      std::inner_product(index.begin(), index.end(), strides.begin(), std::int64_t{0}));
}

Literal small_integers(Sampler& sampler, const Shape& shape) {
  return Literal::of(shape, sampler.integers(static_cast<std::size_t>(shape.elements()), -4, 4));
}

}  // namespace palimpsest::testing
