#pragma once
// Test data drawn from a counter-based stream: equal seeds give equal cases on every machine,
// and one case never changes another. Tensors are f64; indices are i64.

#include <functional>
#include <initializer_list>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::testing {

class Sampler {
 public:
  explicit Sampler(std::uint64_t seed) : seed_(seed) {}

  /// Uniform in [0, 1).
  double unit();
  double number(double low, double high);
  /// Uniform in [low, high], both included.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  bool coin() { return integer(0, 1) == 1; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[integer(0, static_cast<std::int64_t>(choices.size()) - 1)];
  }
  /// `count` draws of integer(low, high).
  std::vector<std::int64_t> integers(std::size_t count, std::int64_t low, std::int64_t high);
  std::vector<int> permutation(int count);
  /// A non-empty, sorted choice of axes of a tensor of that rank.
  std::vector<int> axes(int rank);
  /// Extents in [low, high].
  Shape shape(int rank, std::int64_t low, std::int64_t high);

  Literal tensor(const Shape& shape, double low, double high);
  /// Values for which `accept` holds; it must hold for a good part of [low, high].
  Literal tensor(const Shape& shape, double low, double high,
                 const std::function<bool(double)>& accept);
  /// Values of either sign with magnitudes in [low, high].
  Literal away_from_zero(const Shape& shape, double low, double high);
  /// Values further than 0.05 from each other, in random order, around zero.
  Literal distinct(const Shape& shape);
  /// i64 in [0, bound).
  Literal indices(const Shape& shape, std::int64_t bound);

 private:
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
};

}  // namespace palimpsest::testing
