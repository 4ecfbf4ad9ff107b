#pragma once
// Rows of a matrix that are multiples of each other: units of a layer that ask the same question,
// or gradients that show the same example.

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest::inversion {

enum class Multiple {
  positive,  ///< of the same direction
  nonzero    ///< up to the sign
};

/// Groups the listed rows of a row-major matrix: two rows are in one group when their directions
/// differ by at most `tolerance` in the l2 norm. Groups come by falling size, then by their first
/// row; rows of a group rise. Rows of zeros are in no group. Rows are compared after sorting by a
/// fixed projection, so that it takes O(rows columns) where few are alike.
std::vector<std::vector<std::int64_t>> parallel_rows(std::span<const double> matrix,
                                                     std::int64_t columns,
                                                     std::span<const std::int64_t> rows,
                                                     Multiple multiple, double tolerance);

}  // namespace palimpsest::inversion
