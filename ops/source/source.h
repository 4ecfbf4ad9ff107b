#pragma once
// Primitives that make tensors from nothing or from a counter. Random numbers are pure
// functions of (seed, stream, step, element): Philox 4x32-10 keyed by the seed, so that
// every device draws the same stream and equal nodes may be shared.

#include "graph/op.h"

namespace palimpsest {

/// y[.., i, ..] = i along one axis (i64).
struct Iota {
  static constexpr std::string_view name = "iota";
  static constexpr bool inert = true;
  Shape shape;
  int axis = 0;
  TensorType infer(Types in) const;
  std::string attributes() const;
  bool operator==(const Iota&) const = default;
};

enum class Distribution { uniform, normal };

/// Independent draws from U[0,1) or N(0,1); operand: the step, i64 of rank 0.
struct Random {
  static constexpr std::string_view name = "random";
  static constexpr bool inert = true;
  TensorType type;
  Distribution distribution = Distribution::normal;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  TensorType infer(Types in) const;
  std::string attributes() const;
  bool operator==(const Random&) const = default;
};

Value iota(Graph& graph, Shape shape, int axis);
Value random(Value step, Random options);

/// Element `index` of the stream: exactly what the Random primitive yields on every device
/// (an f32 tensor holds it rounded to f32).
double random_element(const Random& options, std::uint64_t step, std::uint64_t index);

}  // namespace palimpsest
