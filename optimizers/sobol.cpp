#include "optimizers/sobol.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "graph/error.h"
#include "ops/source/draw.h"

namespace palimpsest::optimizers {
namespace {

/// Whether x generates all 2^degree - 1 non-zero residues: its powers return to 1 no sooner.
bool is_primitive(std::uint32_t polynomial, int degree) {
  const std::uint32_t order = (std::uint32_t{1} << degree) - 1;
  std::uint32_t power = 1;
  for (std::uint32_t k = 1; k <= order; ++k) {
    power <<= 1;
    if (power >> degree & 1) power ^= polynomial;
    if (power == 1) return k == order;
  }
  return false;
}

}  // namespace

std::vector<std::uint32_t> primitive_polynomials(std::size_t count) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t polynomial = 3; found.size() < count; polynomial += 2)
    if (is_primitive(polynomial, static_cast<int>(std::bit_width(polynomial)) - 1))
      found.push_back(polynomial);
  return found;
}

Sobol::Sobol(Eigen::Index dimension, std::uint64_t seed, std::uint64_t stream) {
  if (dimension < 1 || dimension > 1000)
    throw InputError(text("Sobol: 1 to 1000 coordinates expected, ", dimension, " came"));
  const auto count = static_cast<std::size_t>(dimension);
  const std::vector<std::uint32_t> polynomials = primitive_polynomials(count);
  directions_.resize(count * bits);
  for (std::size_t d = 0; d < count; ++d) {
    const std::uint32_t polynomial = polynomials[d];
    const int degree = static_cast<int>(std::bit_width(polynomial)) - 1;
    std::uint32_t* v = &directions_[d * bits];
    for (int j = 0; j < bits; ++j) {
      if (j < degree) {
        // m_j < 2^(j + 1) and odd, as a binary fraction m_j / 2^(j + 1).
        const std::uint32_t drawn =
            stream_block(seed, stream, d, static_cast<std::uint64_t>(j)).word[0];
        v[j] = (drawn >> (31 - j) | 1) << (31 - j);
        continue;
      }
      v[j] = v[j - degree] ^ v[j - degree] >> degree;
      for (int i = 1; i < degree; ++i)
        if (polynomial >> (degree - i) & 1) v[j] ^= v[j - i];
    }
    shifts_.push_back(stream_block(seed, stream, d, bits).word[0]);
  }
}

Points Sobol::first(Eigen::Index count) const {
  const std::size_t dimension = shifts_.size();
  Points points(count, static_cast<Eigen::Index>(dimension));
  std::vector<std::uint32_t> digits = shifts_;
  for (Eigen::Index i = 0; i < count; ++i) {
    // In the order of the Gray code a point differs from the one before by one direction.
    const auto changed = static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(i)));
    for (std::size_t d = 0; d < dimension; ++d) {
      if (i > 0) digits[d] ^= directions_[d * bits + changed];
      points(i, static_cast<Eigen::Index>(d)) = digits[d] * 0x1p-32;
    }
  }
  return points;
}

Points latin_hypercube(Eigen::Index count, Eigen::Index dimension, std::uint64_t seed,
                       std::uint64_t stream, std::uint64_t step) {
  const auto rows = static_cast<std::size_t>(count);
  std::vector<double> draws(2 * rows * static_cast<std::size_t>(dimension));
  draw_uniform(draws, seed, stream, step);
  Points points(count, dimension);
  std::vector<std::size_t> order(rows);
  for (Eigen::Index d = 0; d < dimension; ++d) {
    const double* keys = &draws[2 * rows * static_cast<std::size_t>(d)];
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    for (std::size_t i = 0; i < rows; ++i)
      points(static_cast<Eigen::Index>(i), d) =
          (static_cast<double>(order[i]) + keys[rows + i]) / static_cast<double>(rows);
  }
  return points;
}

}  // namespace palimpsest::optimizers
