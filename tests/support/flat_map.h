#pragma once
// A function of f64 tensors seen as a map from one vector to another: all inputs end to end
// in, all outputs end to end out. Derivative checks are algebra on such maps.

#include <vector>

#include "graph/function.h"
#include "runtime/kernel_table.h"

namespace palimpsest::testing {

using Vector = std::vector<double>;
/// Rows (or columns) of equal length.
using Vectors = std::vector<Vector>;

class FlatMap {
 public:
  /// Both arguments must outlive the map.
  FlatMap(const Function& function, const runtime::KernelTable& kernels)
      : function_(function), kernels_(kernels) {}

  Vector operator()(const Vector& x) const;

 private:
  const Function& function_;
  const runtime::KernelTable& kernels_;
};

/// The elements of all literals, end to end.
Vector flattened(const std::vector<Literal>& literals);
/// Number of elements of all values.
std::size_t elements(Operands values);
/// a, then b.
Vector joined(Vector a, const Vector& b);
Vector unit_vector(std::size_t size, std::size_t place);
Vectors transposed(const Vectors& rows);
/// Largest magnitude, 0 of nothing.
double max_norm(const Vectors& rows);
/// Largest magnitude of a - b. Throws std::logic_error when the sizes differ.
double max_difference(const Vectors& a, const Vectors& b);

/// Central differences of a map along its first `count` variables: one vector each, the
/// derivative of all outputs.
Vectors central_differences(const FlatMap& map, const Vector& x, std::size_t count);

}  // namespace palimpsest::testing
