// Transpositions of products become products.

#include "passes/turn_products.h"

#include <doctest/doctest.h>

#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/unary.h"
#include "passes/dead_code.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

Function product_of(bool transpose_a, bool transpose_b,
                    const std::function<std::vector<Value>(Value product)>& results) {
  Function f;
  const Shape a = transpose_a ? Shape{2, 5, 3} : Shape{2, 3, 5},
              b = transpose_b ? Shape{2, 4, 5} : Shape{2, 5, 4};
  f.inputs = {f.graph->input({DType::f64, a}, "a"), f.graph->input({DType::f64, b}, "b")};
  f.outputs = results(f.graph->add(MatMul{transpose_a, transpose_b}, {f.inputs[0], f.inputs[1]}));
  return f;
}

Function turned(const Function& f) { return passes::without_dead_nodes(passes::turn_products(f)); }

TEST_CASE("a product that is only wanted transposed is computed so") {
  for (const bool a : {false, true})
    for (const bool b : {false, true}) {
      const Function f = product_of(a, b, [](Value product) {
        return std::vector<Value>{exp(permute(product, {0, 2, 1}))};
      });
      CHECK(primitives_of(turned(f)) == "matmul exp");
      check_equal_results(f, turned(f));
    }
}

TEST_CASE("a product that is also wanted as it is stays, and so do other permutations") {
  const Function both = product_of(false, false, [](Value product) {
    return std::vector<Value>{permute(product, {0, 2, 1}), product};
  });
  CHECK(primitives_of(turned(both)) == "matmul permute");
  const Function other = product_of(false, false, [](Value product) {
    return std::vector<Value>{permute(product, {1, 0, 2})};
  });
  CHECK(primitives_of(turned(other)) == "matmul permute");
}

}  // namespace
}  // namespace palimpsest::testing
