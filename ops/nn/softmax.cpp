#include "ops/nn/softmax.h"

#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::nn {
namespace {

Value shifted(Value x, int axis) { return x - max_without_derivative(x, {axis}); }

}  // namespace

Value softmax(Value x, int axis) {
  const Value numerator = exp(shifted(x, axis));
  return numerator / reduce_sum(numerator, {axis});
}

Value log_softmax(Value x, int axis) {
  const Value logits = shifted(x, axis);
  return logits - log(reduce_sum(exp(logits), {axis}));
}

}  // namespace palimpsest::nn
