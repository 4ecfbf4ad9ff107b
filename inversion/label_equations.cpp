#include "inversion/label_equations.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace palimpsest::inversion {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Row j: the class probabilities at the mean features of class j.
Matrix class_probabilities(const HeadGradient& head) {
  const Eigen::Map<const Matrix> gradient(head.weight_gradient.data(), head.classes, head.features);
  const Eigen::Map<const Matrix> weight(head.weight.data(), head.classes, head.features);
  Matrix features = gradient;
  for (Eigen::Index c = 0; c < features.rows(); ++c) {
    const double db = head.bias_gradient[static_cast<std::size_t>(c)];
    // A class whose probability underflowed says nothing about its features.
    if (std::abs(db) > std::numeric_limits<double>::min())
      features.row(c) /= db;
    else
      features.row(c).setZero();
  }
  Matrix logits = features * weight.transpose();
  if (!head.bias.empty())
    logits.rowwise() += Eigen::Map<const Eigen::RowVectorXd>(head.bias.data(), head.classes);
  for (Eigen::Index c = 0; c < logits.rows(); ++c) {
    logits.row(c) = (logits.row(c).array() - logits.row(c).maxCoeff()).exp();
    logits.row(c) /= logits.row(c).sum();
  }
  return logits;
}

}  // namespace

std::vector<double> solve_label_equations(const HeadGradient& head) {
  const Eigen::Index classes = head.classes;
  const auto total = static_cast<double>(head.examples);
  Matrix system = Matrix::Ones(classes + 1, classes);
  system.bottomRows(classes) =
      class_probabilities(head).transpose() - Matrix(Matrix::Identity(classes, classes));
  Eigen::VectorXd right(classes + 1);
  right[0] = total;
  right.tail(classes) =
      total * Eigen::Map<const Eigen::VectorXd>(head.bias_gradient.data(), classes);
  const Eigen::VectorXd counts = system.completeOrthogonalDecomposition().solve(right);
  return {counts.begin(), counts.end()};
}

std::vector<std::int64_t> whole_counts(std::span<const double> counts, std::int64_t total) {
  std::vector<std::int64_t> whole;
  std::int64_t sum = 0;
  for (const double count : counts) {
    whole.push_back(std::isfinite(count) ? std::llround(std::clamp(count, 0.0, double(total))) : 0);
    sum += whole.back();
  }
  while (sum != total) {  // the class that is furthest off moves by one
    const std::int64_t move = sum < total ? 1 : -1;
    std::size_t best = 0;
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < whole.size(); ++c) {
      if (whole[c] + move < 0) continue;
      const double missing = counts[c] - static_cast<double>(whole[c]);
      if (missing * static_cast<double>(move) > most) {
        most = missing * static_cast<double>(move);
        best = c;
      }
    }
    whole[best] += move;
    sum += move;
  }
  return whole;
}

}  // namespace palimpsest::inversion
