#pragma once
// Elementwise primitives as loops over consecutive elements. The kernels of the family run
// them on large chunks, fused kernels on small tiles: one machine code, hence the same bits.

#include <cstddef>
#include <cstdint>

#include "graph/op.h"

namespace palimpsest {

/// y[i] = f(operands[0][i], ...) for i in [0, count). The result may lie on an operand of the
/// same type: element i is read before it is written, and no other is touched.
using ElementLoop = void (*)(const std::byte* const* operands, std::byte* y, std::int64_t count);

/// No elementwise primitive has more operands.
inline constexpr std::size_t max_element_operands = 3;

/// The loop of an elementwise primitive but detach, which is a view. i64 quotients have to be
/// checked before. Throws UnsupportedError for other primitives and dtypes.
ElementLoop element_loop(const Op& op, Types in, DType out);

}  // namespace palimpsest
