#include "inversion/closed_form/r_gap.h"

#include <algorithm>
#include <cmath>

#include "inversion/closed_form/chain_equations.h"
#include "inversion/closed_form/last_layer.h"
#include "inversion/closed_form/observed_gradient.h"

namespace palimpsest::inversion {
namespace {

/// [O, K] of a fully connected layer whatever its layout; filters as they are.
Vector by_output(const ChainLayer& layer, const Literal& weight) {
  Vector values = weight.doubles();
  if (layer.conv || layer.weight_is_output_by_input) return values;
  Vector turned;
  turned.reserve(values.size());
  for (std::int64_t o = 0; o < layer.outputs; ++o)
    for (std::int64_t k = 0; k < layer.inputs; ++k)
      turned.push_back(values[static_cast<std::size_t>(k * layer.outputs + o)]);
  return turned;
}

LayerTensors tensors_of(const Problem& problem, const ChainLayer& layer) {
  const Model& model = *problem.model;
  LayerTensors tensors;
  tensors.layer = &layer;
  tensors.weight = by_output(layer, model.parameters[layer.weight].initial);
  tensors.weight_gradient = by_output(layer, observed_gradient(problem, layer.weight));
  tensors.roundoff = roundoff_of(*problem.observed.tensors[layer.weight]);
  const std::int64_t channels = layer.conv ? layer.conv->filter[0] : layer.outputs;
  tensors.bias = Vector(static_cast<std::size_t>(channels), 0);
  if (!layer.bias) return tensors;
  tensors.bias = model.parameters[*layer.bias].initial.doubles();
  if (problem.observed.tensors[*layer.bias])
    tensors.bias_gradient = observed_gradient(problem, *layer.bias).doubles();
  return tensors;
}

void check_client(const Problem& problem) {
  const auto refuse = [](const auto&... words) {
    throw UnsupportedError(text("R-GAP: ", words...));
  };
  if (problem.examples != 1 || batch_size(*problem.model) != 1)
    refuse("an update of one example expected, ", problem.examples, " came in batches of ",
           batch_size(*problem.model));
  if (problem.training.steps != 1)
    refuse("one local step expected, ", problem.training.steps, " came");
  if (!(prediction(*problem.model, problem.loss) == problem.model->logits))
    refuse("a loss of the logits expected, a squared error of what follows them came");
}

/// The layers of the chain with their tensors, from the last to the first.
class Recursion {
 public:
  Recursion(const Problem& problem, const std::vector<ChainLayer>& layers) {
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
      tensors_.push_back(tensors_of(problem, *layer));
    if (layers.back().conv)
      throw UnsupportedError(text("R-GAP: a fully connected last layer expected, '",
                                  layers.back().node, "' is a convolution"));
    starts_ = chain_starts(tensors_.front(), problem.loss);
  }

  struct Path {
    Vector x;
    std::vector<LayerSolution> layers;
    double residual = 0;  ///< the largest
  };

  Path best() const {
    Path best;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      Path path = from(starts_[i]);
      if (i == 0 || path.residual < best.residual) best = std::move(path);
    }
    return best;
  }

  std::int64_t starts() const { return static_cast<std::int64_t>(starts_.size()); }

 private:
  Path from(const ChainStart& start) const {
    const ChainLayer& last = *tensors_.front().layer;
    Path path{start.x,
              {{last.node, last.inputs,
                static_cast<std::int64_t>(tensors_.front().weight_gradient.size()), last.inputs,
                start.residual}},
              start.residual};
    Vector d = start.d;
    for (std::size_t i = 1; i < tensors_.size(); ++i) {
      const Undone output = undone(*tensors_[i].layer, path.x);
      d = pulled_back(tensors_[i - 1], d);
      for (std::size_t k = 0; k < d.size(); ++k) d[k] *= output.slope[k];
      SolvedInput solved = solved_input(tensors_[i], output, d);
      path.x = std::move(solved.x);
      path.residual = std::max(path.residual, solved.solution.residual);
      path.layers.push_back(std::move(solved.solution));
    }
    return path;
  }

  std::vector<LayerTensors> tensors_;
  std::vector<ChainStart> starts_;
};

}  // namespace

bool ChainSolution::consistent() const {
  return std::all_of(layers.begin(), layers.end(), [](const LayerSolution& layer) {
    return layer.rank == layer.unknowns && layer.residual < 1e-2;
  });
}

ChainSolution solve_chain(const Problem& problem) {
  const ChainSearch chain = find_chain(*problem.model);
  if (chain.layers.empty()) throw UnsupportedError(text("R-GAP: ", chain.reason));
  check_client(problem);
  const Recursion recursion(problem, chain.layers);
  Recursion::Path path = recursion.best();
  const TensorType type = images_type(*problem.model, 1);
  return {Literal::of<double>(type.shape, path.x).converted(type.dtype), std::move(path.layers),
          recursion.starts()};
}

}  // namespace palimpsest::inversion
