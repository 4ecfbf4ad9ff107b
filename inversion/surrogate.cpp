#include "inversion/surrogate.h"

#include "ops/pointwise/binary.h"

namespace palimpsest::inversion {

Problem surrogate_problem(const Problem& problem) {
  if (problem.observed.kind != UpdateKind::delta)
    throw InputError(
        "surrogate: weights before and after local training expected, a gradient came");
  if (batch_size(*problem.model) != problem.examples)
    throw InputError(text("surrogate: a model imported with a batch of all ", problem.examples,
                          " examples expected, of ", batch_size(*problem.model), " came"));
  Problem result = problem;
  result.observed.kind = UpdateKind::gradient;
  result.training = {};
  for (std::optional<Literal>& tensor : result.observed.tensors) {
    if (!tensor) continue;
    std::vector<double> values = tensor->doubles();
    for (double& value : values) value = -value;
    tensor = Literal::of<double>(tensor->shape(), values).converted(tensor->dtype());
  }
  return result;
}

std::vector<Value> surrogate_weights(const Problem& surrogate, Operands old, Value share) {
  std::vector<Value> weights;
  for (std::size_t i = 0; i < old.size(); ++i) {
    const std::optional<Literal>& back = surrogate.observed.tensors[i];  // old - new
    weights.push_back(old[i]);
    if (!back) continue;
    const Value way = old[i].graph().constant(back->converted(old[i].dtype()));
    weights.back() = old[i] - way * cast(1.0 - share, old[i].dtype());
  }
  return weights;
}

}  // namespace palimpsest::inversion
