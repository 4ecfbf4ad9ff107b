#include <numeric>

#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// What a transposition was applied to; else a null Value.
Value behind_transposition(Value value) {
  return is_transposition(value.node().op) ? value.node().inputs[0] : Value{};
}

Value simplified_matmul(MatMul op, Value a, Value b) {
  const Value left = behind_transposition(a), right = behind_transposition(b);
  if (!left && !right) return {};
  if (left) op.transpose_a = !op.transpose_a;
  if (right) op.transpose_b = !op.transpose_b;
  return a.graph().add(op, {left ? left : a, right ? right : b});
}

}  // namespace

bool is_transposition(const Op& op) {
  const auto* permutation = op.as<Permute>();
  if (!permutation || permutation->axes.size() < 2) return false;
  std::vector<int> swapped(permutation->axes.size());
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped.end()[-1], swapped.end()[-2]);
  return permutation->axes == swapped;
}

Value simplified_product(const Op& op, Operands x) {
  const auto* product = op.as<MatMul>();
  return product ? simplified_matmul(*product, x[0], x[1]) : Value{};
}

}  // namespace palimpsest::passes
