#include "ops/cpu_kernels.h"
#include "ops/source/draw.h"
#include "ops/source/source.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;

std::unique_ptr<Kernel> prepare_iota(const KernelRequest& request) {
  const auto& op = *request.op.as<Iota>();
  const std::int64_t extent = op.shape[op.axis];
  const std::int64_t stride = op.shape.strides()[static_cast<std::size_t>(op.axis)];
  return make_kernel([=, count = op.shape.elements()](const Launch& launch) {
    auto* y = launch.result<std::int64_t>();
    parallel_for(count, pointwise_grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) y[i] = i / stride % extent;
    });
  });
}

template <class T>
Draws draws_of(Distribution distribution, const PhiloxBlock& block) {
  if (distribution == Distribution::normal) return normal_draws(block);
  return std::is_same_v<T, float> ? uniform_draws_f32(block) : uniform_draws(block);
}

template <class T>
void draw(const Random& op, std::uint64_t step, std::int64_t count, T* y) {
  constexpr std::int64_t grain = 1 << 12;  // a draw costs some fifty operations
  parallel_for((count + 1) / 2, grain, [=, &op](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const PhiloxBlock block =
          stream_block(op.seed, op.stream, step, static_cast<std::uint64_t>(i));
      const Draws draws = draws_of<T>(op.distribution, block);
      y[2 * i] = static_cast<T>(draws.element[0]);
      if (2 * i + 1 < count) y[2 * i + 1] = static_cast<T>(draws.element[1]);
    }
  });
}

std::unique_ptr<Kernel> prepare_random(const KernelRequest& request) {
  return with_float(request.output.dtype, Random::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return make_kernel([op = *request.op.as<Random>()](const Launch& launch) {
      const auto step = static_cast<std::uint64_t>(*launch.input<std::int64_t>(0));
      draw(op, step, op.type.shape.elements(), launch.result<T>());
    });
  });
}

}  // namespace

void add_source_kernels(KernelTable& table) {
  table.add<Iota>(prepare_iota);
  table.add<Random>(prepare_random);
}

}  // namespace palimpsest
