#include "inversion/closed_form/observed_gradient.h"

#include <limits>

namespace palimpsest::inversion {

Literal observed_gradient(const Problem& problem, std::size_t parameter) {
  const Parameter& weight = problem.model->parameters[parameter];
  const std::optional<Literal>& observed = problem.observed.tensors.at(parameter);
  if (!observed) throw InputError(text("closed form: the update lacks '", weight.name, "'"));
  if (problem.observed.kind == UpdateKind::gradient) return *observed;
  const optimizers::SgdSettings& sgd = problem.training.sgd;
  if (problem.training.optimizer != LocalOptimizer::sgd)
    throw UnsupportedError("closed form: gradients or deltas of SGD expected; Adam came");
  if (sgd.weight_decay != 0 && problem.training.steps > 1)
    throw UnsupportedError(text("closed form: weight decay over one local step expected, over ",
                                problem.training.steps, " came"));
  std::vector<double> values = observed->doubles();
  const std::vector<double> w = weight.initial.doubles();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = -values[i] / sgd.rate - sgd.weight_decay * w[i];
  return Literal::of<double>(observed->shape(), values);
}

double roundoff_of(const Literal& tensor) {
  return tensor.dtype() == DType::f64 ? std::numeric_limits<double>::epsilon()
                                      : double{std::numeric_limits<float>::epsilon()};
}

}  // namespace palimpsest::inversion
