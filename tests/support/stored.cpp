#include "tests/support/stored.h"

#include <numeric>

#include "ops/activation_layout.h"
#include "ops/filter_layout.h"
#include "tests/support/indices.h"

namespace palimpsest::testing {

Literal stored(const Literal& logical, bool channels_last) {
  const std::vector<double> values = logical.doubles();
  const Integers strides = stored_strides(logical.shape(), channels_last);
  std::vector<double> result(values.size());
  std::size_t from = 0;
  each_index(logical.shape(), [&](const Integers& index) {
    const std::int64_t to =
        std::inner_product(index.begin(), index.end(), strides.begin(), std::int64_t{0});
    result[static_cast<std::size_t>(to)] = values[from++];
  });
  const Shape shape = stored_shape(logical.shape(), channels_last);
  return Literal::of<double>(shape, result).converted(logical.dtype());
}

Literal filter_in_blocks(const Literal& logical) {
  const std::vector<double> values = logical.doubles();
  const Shape shape = stored_filter_shape(logical.shape(), true);
  std::vector<double> result(values.size());
  std::size_t from = 0;
  each_index(logical.shape(), [&](const Integers& index) {
    Integers at = index;
    at.insert(at.end(), {index[1] % filter_block, index[0] % filter_block});
    at[0] /= filter_block;
    at[1] /= filter_block;
    result[place(shape, at)] = values[from++];
  });
  return Literal::of<double>(shape, result).converted(logical.dtype());
}

}  // namespace palimpsest::testing
