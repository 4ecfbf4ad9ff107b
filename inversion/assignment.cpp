#include <cmath>
#include <limits>

#include "graph/error.h"
#include "inversion/metrics.h"

namespace palimpsest::inversion {
namespace {

/// The dual solution while rows are added one by one. Row and column 0 are sentinels, so that
/// "no column" needs no special case.
struct Duals {
  std::span<const double> cost;
  std::size_t size;
  std::vector<double> row = std::vector<double>(size + 1);
  std::vector<double> column = std::vector<double>(size + 1);
  std::vector<std::size_t> row_of = std::vector<std::size_t>(size + 1);  ///< by column

  double reduced(std::size_t i, std::size_t j) const {
    return cost[(i - 1) * size + (j - 1)] - row[i] - column[j];
  }
};

/// Finds the shortest augmenting path from a new row (Dijkstra over reduced costs) and flips it.
void add_row(Duals& duals, std::size_t new_row) {
  const std::size_t size = duals.size;
  std::vector<double> distance(size + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> previous(size + 1, 0);
  std::vector<bool> done(size + 1, false);
  duals.row_of[0] = new_row;
  std::size_t column = 0;
  while (duals.row_of[column] != 0) {
    done[column] = true;
    const std::size_t row = duals.row_of[column];
    std::size_t nearest = 0;
    double step = std::numeric_limits<double>::infinity();
    for (std::size_t j = 1; j <= size; ++j) {
      if (done[j]) continue;
      if (const double reduced = duals.reduced(row, j); reduced < distance[j]) {
        distance[j] = reduced;
        previous[j] = column;
      }
      if (distance[j] < step) {
        step = distance[j];
        nearest = j;
      }
    }
    for (std::size_t j = 0; j <= size; ++j) {
      if (done[j]) {
        duals.row[duals.row_of[j]] += step;
        duals.column[j] -= step;
      } else {
        distance[j] -= step;
      }
    }
    column = nearest;
  }
  for (; column != 0; column = previous[column])
    duals.row_of[column] = duals.row_of[previous[column]];
}

}  // namespace

std::vector<std::int64_t> assignment(std::span<const double> cost, std::int64_t size) {
  if (static_cast<std::int64_t>(cost.size()) != size * size)
    throw InputError(text("assignment: ", size * size, " costs expected, ", cost.size(), " came"));
  for (const double value : cost)  // the search for a path would not end
    if (!std::isfinite(value))
      throw InputError(text("assignment: finite costs expected, ", value, " came"));
  Duals duals{cost, static_cast<std::size_t>(size)};
  for (std::size_t row = 1; row <= duals.size; ++row) add_row(duals, row);
  std::vector<std::int64_t> columns(duals.size);
  for (std::size_t j = 1; j <= duals.size; ++j)
    columns[duals.row_of[j] - 1] = static_cast<std::int64_t>(j - 1);
  return columns;
}

}  // namespace palimpsest::inversion
