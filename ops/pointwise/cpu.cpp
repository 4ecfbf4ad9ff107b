// Elementwise kernels: each runs the loop of its primitive on chunks, in parallel.

#include <array>
#include <limits>

#include "ops/cpu_kernels.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/cpu_loops.h"
#include "ops/pointwise/unary.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;

std::unique_ptr<Kernel> prepare_elementwise(const KernelRequest& request) {
  const ElementLoop loop = element_loop(request.op, request.inputs, request.output.dtype);
  std::array<std::size_t, max_element_operands> sizes{};
  for (std::size_t k = 0; k < request.inputs.size(); ++k)
    sizes[k] = size_of(request.inputs[k].dtype);
  const std::size_t size = size_of(request.output.dtype);
  return make_kernel([=, count = request.output.shape.elements()](const Launch& launch) {
    parallel_for(count, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      const auto first = static_cast<std::size_t>(begin);
      std::array<const std::byte*, max_element_operands> operands{};
      for (std::size_t k = 0; k < launch.inputs.size(); ++k)
        operands[k] = launch.inputs[k] + first * sizes[k];
      loop(operands.data(), launch.output + first * size, end - begin);
    });
  });
}

// ---- integer division, which the processor would answer with a signal ----

void expect_quotients(std::string_view name, const std::int64_t* a, const std::int64_t* b,
                      std::int64_t count) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  for (std::int64_t i = 0; i < count; ++i)
    if (b[i] == 0 || (b[i] == -1 && a[i] == lowest))
      throw NumericError(text(name, ": element ", i, ": ", a[i], " by ", b[i], " is no i64"));
}

/// Div and Fmod: as other binary primitives, behind a check of integers.
template <class P>
std::unique_ptr<Kernel> prepare_division(const KernelRequest& request) {
  if (request.output.dtype != DType::i64) return prepare_elementwise(request);
  return make_kernel([divide = prepare_elementwise(request),
                      count = request.output.shape.elements()](const Launch& launch) {
    expect_quotients(P::name, launch.input<std::int64_t>(0), launch.input<std::int64_t>(1), count);
    divide->run(launch);
  });
}

/// The loops read an element before they write it, so the result may lie on an operand.
template <class... P>
void add_elementwise(KernelTable& table) {
  (table.add<P>(prepare_elementwise, Aliasing::inplace), ...);
}

void add_unary(KernelTable& table) {
  add_elementwise<Neg, Abs, Sign, Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal>(table);
  add_elementwise<Sin, Cos, Tan, Asin, Acos, Atan>(table);
  add_elementwise<Sinh, Cosh, Asinh, Acosh, Atanh>(table);
  add_elementwise<Tanh, Sigmoid, Softplus, Erf, Relu, Floor, Ceil, Round, Not>(table);
  table.add<IsNan>(prepare_elementwise);
  table.add<IsInf>(prepare_elementwise);
  table.add_view<Detach>();
}

void add_binary(KernelTable& table) {
  add_elementwise<Add, Sub, Mul, Pow, Maximum, Minimum>(table);
  table.add<Div>(prepare_division<Div>, Aliasing::inplace);
  table.add<Fmod>(prepare_division<Fmod>, Aliasing::inplace);
  add_elementwise<Equal, Less, LessEqual, And, Or, Xor, ShiftLeft, ShiftRight>(table);
}

}  // namespace

void add_pointwise_kernels(KernelTable& table) {
  add_unary(table);
  add_binary(table);
  add_elementwise<Select>(table);
  table.add<Cast>(prepare_elementwise);  // its loop reads one type and writes another
}

}  // namespace palimpsest
