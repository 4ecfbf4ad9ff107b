#include "tests/support/flat_map.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "runtime/evaluate.h"

namespace palimpsest::testing {
namespace {

/// About 6e-6 max(1, |x|), the best step of a central difference in f64, rounded to a power of
/// two: then x + h and x - h lose no more bits than x had, also in an f32 part of the graph.
double step_at(double x) {
  return std::exp2(std::round(std::log2(6e-6 * std::max(1.0, std::abs(x)))));
}

}  // namespace

Vector FlatMap::operator()(const Vector& x) const {
  std::vector<Literal> arguments;
  const double* next = x.data();
  for (const Value input : function_.inputs) {
    const auto count = static_cast<std::size_t>(input.shape().elements());
    arguments.push_back(Literal::of(input.shape(), std::span<const double>(next, count)));
    next += count;
  }
  return flattened(runtime::evaluate(function_, arguments, kernels_));
}

Vector flattened(const std::vector<Literal>& literals) {
  Vector flat;
  for (const Literal& literal : literals) {
    const auto values = literal.values<double>();
    flat.insert(flat.end(), values.begin(), values.end());
  }
  return flat;
}

std::size_t elements(Operands values) {
  std::int64_t count = 0;
  for (const Value value : values) count += value.shape().elements();
  return static_cast<std::size_t>(count);
}

Vector joined(Vector a, const Vector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Vector unit_vector(std::size_t size, std::size_t place) {
  Vector unit(size, 0.0);
  unit[place] = 1.0;
  return unit;
}

Vectors transposed(const Vectors& rows) {
  Vectors columns(rows.empty() ? 0 : rows.front().size());
  for (const Vector& row : rows)
    for (std::size_t column = 0; column < columns.size(); ++column)
      columns[column].push_back(row[column]);
  return columns;
}

double max_norm(const Vectors& rows) {
  double norm = 0;
  for (const Vector& row : rows)
    for (const double value : row) norm = std::max(norm, std::abs(value));
  return norm;
}

double max_difference(const Vectors& a, const Vectors& b) {
  if (a.size() != b.size()) throw std::logic_error("max_difference: other number of rows");
  double difference = 0;
  for (std::size_t row = 0; row < a.size(); ++row) {
    if (a[row].size() != b[row].size())
      throw std::logic_error("max_difference: other number of columns");
    for (std::size_t i = 0; i < a[row].size(); ++i) {
      const double distance = std::abs(a[row][i] - b[row][i]);
      // A NaN must fail every bound, and std::max would drop it.
      difference =
          distance <= difference ? difference : (std::isnan(distance) ? HUGE_VAL : distance);
    }
  }
  return difference;
}

Vectors central_differences(const FlatMap& map, const Vector& x, std::size_t count) {
  Vectors derivatives;
  for (std::size_t i = 0; i < count; ++i) {
    Vector above = x, below = x;
    above[i] += step_at(x[i]);
    below[i] -= step_at(x[i]);
    const Vector high = map(above), low = map(below);
    Vector derivative;
    for (std::size_t k = 0; k < high.size(); ++k)
      derivative.push_back((high[k] - low[k]) / (above[i] - below[i]));
    derivatives.push_back(std::move(derivative));
  }
  return derivatives;
}

}  // namespace palimpsest::testing
