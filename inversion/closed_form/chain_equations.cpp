#include "inversion/closed_form/chain_equations.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest::inversion {
namespace {

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// Calls visit(output, weight, input) for each product w x that a layer sums into an output, by the
/// positions of all three in one example.
template <class Visit>
void for_each_conv_tap(const ConvGeometry& geometry, const Visit& visit) {
  const Shape &in = geometry.input, &filter = geometry.filter, &out = geometry.output;
  const std::int64_t outputs_a_group = filter[0] / geometry.groups;
  const auto place = [&](std::size_t axis, std::int64_t p, std::int64_t k) {
    return p * geometry.stride[axis] + k * geometry.dilation[axis] - geometry.pad_low[axis];
  };
  for (std::int64_t w = 0; w < filter.elements(); ++w) {
    const std::int64_t kw = w % filter[3], kh = w / filter[3] % filter[2];
    const std::int64_t o = w / (filter[3] * filter[2] * filter[1]);
    const std::int64_t c =
        o / outputs_a_group * filter[1] + w / (filter[3] * filter[2]) % filter[1];
    for (std::int64_t p = 0; p < out[2] * out[3]; ++p) {
      const std::int64_t h = place(0, p / out[3], kh), v = place(1, p % out[3], kw);
      if (h < 0 || h >= in[2] || v < 0 || v >= in[3]) continue;
      visit(at(o * out[2] * out[3] + p), at(w), at((c * in[2] + h) * in[3] + v));
    }
  }
}

template <class Visit>
void for_each_tap(const ChainLayer& layer, const Visit& visit) {
  if (layer.conv) return for_each_conv_tap(*layer.conv, visit);
  for (std::int64_t o = 0; o < layer.outputs; ++o)
    for (std::int64_t k = 0; k < layer.inputs; ++k) visit(at(o), at(o * layer.inputs + k), at(k));
}

double norm_of(const Vector& values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// z - b where z is known, else 0.
Vector products(const LayerTensors& tensors, const Undone& output) {
  const std::size_t places = output.z.size() / tensors.bias.size();
  Vector values(output.z.size(), 0);
  for (std::size_t o = 0; o < values.size(); ++o)
    if (output.known[o]) values[o] = output.z[o] - tensors.bias[o / places];
  return values;
}

/// dL/dW = d x^T gives x by itself, up to the rounding of dL/dW; the weights check it.
SolvedInput solved_matrix(const LayerTensors& tensors, const Undone& output, const Vector& d) {
  const ChainLayer& layer = *tensors.layer;
  const double squares = std::inner_product(d.begin(), d.end(), d.begin(), 0.0);
  SolvedInput result{Vector(at(layer.inputs), 0), {layer.node, layer.inputs, 0, layer.inputs, 0}};
  const Vector wanted = products(tensors, output);
  for_each_tap(layer, [&](std::size_t o, std::size_t w, std::size_t k) {
    result.x[k] += d[o] * tensors.weight_gradient[w] / squares;
  });
  Vector error(wanted.size(), 0);
  for_each_tap(layer, [&](std::size_t o, std::size_t w, std::size_t k) {
    if (output.known[o]) error[o] += tensors.weight[w] * result.x[k];
  });
  std::int64_t known = 0;
  for (std::size_t o = 0; o < error.size(); ++o) {
    error[o] -= wanted[o];
    known += output.known[o] ? 1 : 0;
  }
  result.solution.equations = known + static_cast<std::int64_t>(tensors.weight_gradient.size());
  const double size = norm_of(wanted);
  result.solution.residual = size == 0 ? 0 : norm_of(error) / size;
  return result;
}

/// The equations of a convolution: a row per output whose z is known, then one per weight.
struct Equations {
  Eigen::MatrixXd matrix;
  Eigen::VectorXd right;
};

Equations equations_of(const LayerTensors& tensors, const Undone& output, const Vector& d) {
  const Vector wanted = products(tensors, output);
  std::vector<Eigen::Index> row_of(wanted.size(), -1);
  Eigen::Index rows = 0;
  for (std::size_t o = 0; o < wanted.size(); ++o)
    if (output.known[o]) row_of[o] = rows++;
  const Eigen::Index first_gradient = rows;
  rows += static_cast<Eigen::Index>(tensors.weight_gradient.size());
  Equations system{Eigen::MatrixXd::Zero(rows, tensors.layer->inputs), Eigen::VectorXd(rows)};
  for (std::size_t o = 0; o < wanted.size(); ++o)
    if (row_of[o] >= 0) system.right(row_of[o]) = wanted[o];
  for (std::size_t w = 0; w < tensors.weight_gradient.size(); ++w)
    system.right(first_gradient + static_cast<Eigen::Index>(w)) = tensors.weight_gradient[w];
  for_each_tap(*tensors.layer, [&](std::size_t o, std::size_t w, std::size_t k) {
    const auto column = static_cast<Eigen::Index>(k);
    if (row_of[o] >= 0) system.matrix(row_of[o], column) += tensors.weight[w];
    system.matrix(first_gradient + static_cast<Eigen::Index>(w), column) += d[o];
  });
  // An equation is as exact as its own numbers are large, so all get the same weight.
  for (Eigen::Index row = 0; row < rows; ++row) {
    const double norm = system.matrix.row(row).norm();
    if (norm == 0) continue;
    system.matrix.row(row) /= norm;
    system.right(row) /= norm;
  }
  return system;
}

SolvedInput solved_conv(const LayerTensors& tensors, const Undone& output, const Vector& d) {
  const ChainLayer& layer = *tensors.layer;
  if (layer.inputs > most_unknowns)
    throw ResourceError(text("R-GAP: at most ", most_unknowns, " unknowns a layer expected, '",
                             layer.node, "' has ", layer.inputs));
  const Equations system = equations_of(tensors, output, d);
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> decomposition;
  decomposition.setThreshold(1e3 * tensors.roundoff);
  decomposition.compute(system.matrix);
  const Eigen::VectorXd x = decomposition.solve(system.right);
  const double size = system.right.norm();
  return {Vector(x.begin(), x.end()),
          {layer.node, layer.inputs, system.matrix.rows(), decomposition.rank(),
           size == 0 ? 0 : (system.matrix * x - system.right).norm() / size}};
}

}  // namespace

Undone undone(const ChainLayer& layer, const Vector& output) {
  Undone result{output, Vector(output.size(), 1), std::vector<bool>(output.size(), true)};
  double largest = 0;
  for (const double y : output) largest = std::max(largest, std::abs(y));
  for (std::size_t i = 0; i < output.size(); ++i) {
    const double y = output[i];
    switch (layer.activation) {
      case ChainActivation::none:
        break;
      case ChainActivation::relu:  // an output of rounding errors was off
        result.known[i] = y > 1e-6 * largest;
        result.slope[i] = result.known[i] ? 1 : 0;
        break;
      case ChainActivation::leaky_relu:
        result.slope[i] = y > 0 ? 1 : layer.slope;
        result.z[i] = y / result.slope[i];
        break;
      case ChainActivation::sigmoid:
        result.known[i] = y > 0 && y < 1;
        result.slope[i] = result.known[i] ? y * (1 - y) : 0;
        result.z[i] = result.known[i] ? std::log(y) - std::log1p(-y) : 0;
        break;
      case ChainActivation::tanh:
        result.known[i] = std::abs(y) < 1;
        result.slope[i] = result.known[i] ? (1 - y) * (1 + y) : 0;
        result.z[i] = result.known[i] ? std::atanh(y) : 0;
        break;
    }
  }
  return result;
}

Vector pulled_back(const LayerTensors& tensors, const Vector& d) {
  Vector result(at(tensors.layer->inputs), 0);
  for_each_tap(*tensors.layer, [&](std::size_t o, std::size_t w, std::size_t k) {
    result[k] += tensors.weight[w] * d[o];
  });
  return result;
}

SolvedInput solved_input(const LayerTensors& tensors, const Undone& output, const Vector& d) {
  if (std::all_of(d.begin(), d.end(), [](double value) { return value == 0; }))
    throw NumericError(
        text("R-GAP: '", tensors.layer->node, "': a gradient expected, it vanishes there"));
  return tensors.layer->conv ? solved_conv(tensors, output, d) : solved_matrix(tensors, output, d);
}

}  // namespace palimpsest::inversion
