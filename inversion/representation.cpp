#include "inversion/representation.h"

#include "inversion/forward_rows.h"
#include "inversion/pixels.h"

namespace palimpsest::inversion {

Literal representations(const Problem& problem, const Literal& pixels,
                        const runtime::KernelTable& kernels, int threads) {
  const Model& model = *problem.model;
  if (!model.has_head || model.head.features.shape().rank() != 2 ||
      model.head.features.shape()[0] != batch_size(model))
    throw UnsupportedError("representations: a model with a fully connected last layer expected");
  for (const BatchNormSite& site : model.batch_norms)
    if (site.train)
      throw UnsupportedError(
          text("representations: BatchNormalization in evaluation mode "
               "expected, '",
               site.node, "' is in training mode"));
  const Literal images = images_of(problem, pixels);
  return forward_rows(model, model.head.features, std::span(&images, 1), kernels, threads);
}

std::vector<double> row_squared_errors(const Literal& a, const Literal& b) {
  if (!(a.type() == b.type()) || a.shape().rank() < 1 || a.elements() == 0)
    throw InputError(
        text("squared error: rows of one type expected, ", a.type(), " and ", b.type(), " came"));
  const std::vector<double> x = a.doubles(), y = b.doubles();
  const auto rows = static_cast<std::size_t>(a.shape()[0]);
  const std::size_t size = x.size() / rows;
  std::vector<double> errors(rows, 0);
  for (std::size_t i = 0; i < x.size(); ++i)
    errors[i / size] += (x[i] - y[i]) * (x[i] - y[i]) / static_cast<double>(size);
  return errors;
}

}  // namespace palimpsest::inversion
