#include "tests/support/sampler.h"

#include <algorithm>
#include <numeric>

#include "ops/source/draw.h"

namespace palimpsest::testing {
namespace {

/// A literal whose elements come from repeated calls of `draw`.
template <class Draw>
Literal drawn(const Shape& shape, Draw draw) {
  std::vector<decltype(draw())> values(static_cast<std::size_t>(shape.elements()));
  std::generate(values.begin(), values.end(), draw);
  return Literal::of(shape, values);
}

}  // namespace

double Sampler::unit() { return uniform_draws(philox(drawn_++, 0, seed_)).element[0]; }

double Sampler::number(double low, double high) { return low + (high - low) * unit(); }

std::int64_t Sampler::integer(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(unit() * static_cast<double>(high - low + 1));
}

std::vector<std::int64_t> Sampler::integers(std::size_t count, std::int64_t low,
                                            std::int64_t high) {
  std::vector<std::int64_t> values(count);
  for (auto& value : values) value = integer(low, high);
  return values;
}

std::vector<int> Sampler::permutation(int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (int last = count - 1; last > 0; --last)
    std::swap(order[static_cast<std::size_t>(last)],
              order[static_cast<std::size_t>(integer(0, last))]);
  return order;
}

std::vector<int> Sampler::axes(int rank) {
  std::vector<int> chosen = permutation(rank);
  chosen.resize(static_cast<std::size_t>(integer(1, rank)));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Shape Sampler::shape(int rank, std::int64_t low, std::int64_t high) {
  return Shape(integers(static_cast<std::size_t>(rank), low, high));
}

Literal Sampler::tensor(const Shape& shape, double low, double high) {
  return drawn(shape, [&] { return number(low, high); });
}

Literal Sampler::tensor(const Shape& shape, double low, double high,
                        const std::function<bool(double)>& accept) {
  return drawn(shape, [&] {
    double value = number(low, high);
    while (!accept(value)) value = number(low, high);
    return value;
  });
}

Literal Sampler::away_from_zero(const Shape& shape, double low, double high) {
  return drawn(shape, [&] { return coin() ? number(low, high) : -number(low, high); });
}

Literal Sampler::distinct(const Shape& shape) {
  const int count = static_cast<int>(shape.elements());
  std::vector<double> values;
  for (const int place : permutation(count))
    values.push_back(0.2 * (place - 0.5 * count) + number(-0.07, 0.07));
  return Literal::of(shape, values);
}

Literal Sampler::indices(const Shape& shape, std::int64_t bound) {
  return drawn(shape, [&] { return integer(0, bound - 1); });
}

}  // namespace palimpsest::testing
