#include "inversion/closed_form/parallel_rows.h"

#include <algorithm>
#include <cmath>

#include "ops/source/source.h"

namespace palimpsest::inversion {
namespace {

/// A row with its norm, to which the sign is given that makes its projection positive.
struct Row {
  std::int64_t index;
  std::span<const double> values;
  double signed_norm, projection;  ///< the projection of values / signed_norm
};

/// A unit vector that has nothing to do with any data.
std::vector<double> probe(std::int64_t columns) {
  const Random options{{DType::f64, {columns}}, Distribution::normal, 0x70616c69, 0};
  std::vector<double> values(static_cast<std::size_t>(columns));
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = random_element(options, 0, i);
    squares += values[i] * values[i];
  }
  for (double& value : values) value /= std::sqrt(squares);
  return values;
}

double distance(const Row& a, const Row& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double difference = a.values[i] / a.signed_norm - b.values[i] / b.signed_norm;
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

std::vector<Row> projected(std::span<const double> matrix, std::int64_t columns,
                           std::span<const std::int64_t> rows, Multiple multiple) {
  const std::vector<double> direction = probe(columns);
  std::vector<Row> result;
  for (const std::int64_t index : rows) {
    const std::span<const double> values = matrix.subspan(static_cast<std::size_t>(index * columns),
                                                          static_cast<std::size_t>(columns));
    double squares = 0, inner = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      squares += values[i] * values[i];
      inner += values[i] * direction[i];
    }
    if (squares == 0) continue;
    const double sign = multiple == Multiple::nonzero && inner < 0 ? -1 : 1;
    const double norm = sign * std::sqrt(squares);
    result.push_back({index, values, norm, inner / norm});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Row& a, const Row& b) { return a.projection < b.projection; });
  return result;
}

}  // namespace

std::vector<std::vector<std::int64_t>> parallel_rows(std::span<const double> matrix,
                                                     std::int64_t columns,
                                                     std::span<const std::int64_t> rows,
                                                     Multiple multiple, double tolerance) {
  std::vector<Row> representatives;
  std::vector<std::vector<std::int64_t>> groups;
  std::size_t oldest = 0;  // groups before it are too far away in the projection
  for (const Row& row : projected(matrix, columns, rows, multiple)) {
    while (oldest < representatives.size() &&
           representatives[oldest].projection < row.projection - tolerance)
      ++oldest;
    std::size_t group = oldest;
    while (group < representatives.size() && distance(representatives[group], row) > tolerance)
      ++group;
    if (group == representatives.size()) {
      representatives.push_back(row);
      groups.emplace_back();
    }
    groups[group].push_back(row.index);
  }
  for (std::vector<std::int64_t>& group : groups) std::sort(group.begin(), group.end());
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  return groups;
}

}  // namespace palimpsest::inversion
