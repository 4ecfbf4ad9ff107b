#pragma once
// Points of a search on the host, in f64, and how a search keeps itself in a checkpoint.

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::optimizers {

/// One point a row.
using Points = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Bounds of every coordinate.
struct Box {
  Eigen::VectorXd lower, upper;
};

/// Throws InputError unless the box has `dimension` coordinates, all finite, lower below upper.
void check_box(std::string_view search, const Box& box, Eigen::Index dimension);

/// What a search depends on, by name: the tensors of a checkpoint.
using NamedLiterals = std::vector<std::pair<std::string, Literal>>;

Literal stored(const Points& matrix);           ///< f64 [rows, columns]
Literal stored(const Eigen::VectorXd& vector);  ///< f64 [size]
Literal stored(std::span<const double> values);

/// Reads a saved state; `search` names whose in messages. Every reader throws InputError when a
/// tensor is missing or has another type than asked for.
class StateReader {
 public:
  StateReader(std::string_view search, const NamedLiterals& state)
      : search_(search), state_(state) {}

  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  /// Of any length, f64 or f32 as T is.
  template <class T = double>
  std::vector<T> list(std::string_view name) const {
    const std::span<const T> values = tensor(name, dtype_of<T>, 1).template values<T>();
    return {values.begin(), values.end()};
  }
  Eigen::VectorXd vector(std::string_view name, Eigen::Index size) const;
  /// With any number of rows when `rows` is negative.
  Points matrix(std::string_view name, Eigen::Index rows, Eigen::Index columns) const;

 private:
  const Literal& tensor(std::string_view name, DType dtype, int rank) const;

  std::string_view search_;
  const NamedLiterals& state_;
};

/// Element i of `out` becomes draw i of (seed, stream, step), from N(0, 1) or from [0, 1).
void draw_normal(std::span<double> out, std::uint64_t seed, std::uint64_t stream,
                 std::uint64_t step);
void draw_uniform(std::span<double> out, std::uint64_t seed, std::uint64_t stream,
                  std::uint64_t step);

}  // namespace palimpsest::optimizers
