#include <algorithm>

#include "graph/error.h"
#include "ops/cpu_kernels.h"
#include "ops/gather/gather.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;

/// Extents of x [B, N, D] and its indices [B, K] or [1, K]; for ScatterAdd, N is the result's.
struct Indexed {
  std::int64_t batch, rows, depth, picks;
  bool shared;  ///< one list of indices for the whole batch

  const std::int64_t* list(const std::int64_t* indices, std::int64_t b) const {
    return shared ? indices : indices + b * picks;
  }
};

Indexed indexed(const TensorType& full, const TensorType& indices) {
  return {full.shape[0], full.shape[1], full.shape[2], indices.shape[1], indices.shape[0] == 1};
}

void expect_in_range(std::string_view name, const Indexed& e, const std::int64_t* indices) {
  const std::int64_t count = e.shared ? e.picks : e.batch * e.picks;
  const auto outside = [&](std::int64_t index) { return index < 0 || index >= e.rows; };
  // A branchless first look; only a refusal pays for the search.
  bool refused = false;
  for (std::int64_t i = 0; i < count; ++i) refused |= outside(indices[i]);
  if (!refused) return;
  const std::int64_t* wrong = std::find_if(indices, indices + count, outside);
  throw NumericError(text(name, ": index in [0, ", e.rows, ") expected, ", *wrong,
                          " came at place ", wrong - indices));
}

/// Tasks of `work` elements each per chunk of about pointwise_grain elements.
std::int64_t tasks_per_chunk(std::int64_t work) {
  return std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(work, 1));
}

/// Reads `count` rows of x by a list of indices.
template <class T>
void gather_run(const T* x, std::int64_t depth, const std::int64_t* list, std::int64_t count,
                T* y) {
  if (depth == 1)
    for (std::int64_t k = 0; k < count; ++k) y[k] = x[list[k]];
  else
    for (std::int64_t k = 0; k < count; ++k) std::copy_n(x + list[k] * depth, depth, y + k * depth);
}

template <class T>
void gather_rows(const Indexed& e, const T* x, const std::int64_t* indices, T* y) {
  parallel_for(e.batch * e.picks, tasks_per_chunk(e.depth),
               [=](std::int64_t begin, std::int64_t end) {
                 while (begin < end) {
                   const std::int64_t b = begin / e.picks, k = begin % e.picks;
                   const std::int64_t count = std::min(end - begin, e.picks - k);
                   gather_run(x + b * e.rows * e.depth, e.depth, e.list(indices, b) + k, count,
                              y + begin * e.depth);
                   begin += count;
                 }
               });
}

std::unique_ptr<Kernel> prepare_gather(const KernelRequest& request) {
  const Indexed e = indexed(request.inputs[0], request.inputs[1]);
  return with_any(request.output.dtype, Gather::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return make_kernel([=](const Launch& launch) {
      const auto* indices = launch.input<std::int64_t>(1);
      expect_in_range(Gather::name, e, indices);
      gather_rows(e, launch.input<T>(0), indices, launch.result<T>());
    });
  });
}

/// One thread owns columns [begin, end) of one batch entry, so equal indices meet in the
/// order of k whatever the number of threads.
template <class T>
void scatter_columns(const Indexed& e, const T* x, const std::int64_t* list, T* y,
                     std::int64_t begin, std::int64_t end) {
  if (end - begin == e.depth)
    std::fill_n(y, e.rows * e.depth, T{});
  else
    for (std::int64_t n = 0; n < e.rows; ++n)
      std::fill_n(y + n * e.depth + begin, end - begin, T{});
  for (std::int64_t k = 0; k < e.picks; ++k) {
    const T* source = x + k * e.depth;
    T* target = y + list[k] * e.depth;
    for (std::int64_t d = begin; d < end; ++d) target[d] += source[d];
  }
}

template <class T>
void scatter_rows(const Indexed& e, const T* x, const std::int64_t* indices, T* y) {
  constexpr std::int64_t width = 64;
  const std::int64_t tiles = (e.depth + width - 1) / width;
  const std::int64_t work = (e.rows + e.picks) * std::min(e.depth, width);
  parallel_for(e.batch * tiles, tasks_per_chunk(work), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t b = task / tiles, column = task % tiles * width;
      scatter_columns(e, x + b * e.picks * e.depth, e.list(indices, b), y + b * e.rows * e.depth,
                      column, std::min(e.depth, column + width));
    }
  });
}

std::unique_ptr<Kernel> prepare_scatter_add(const KernelRequest& request) {
  const Indexed e = indexed(request.output, request.inputs[1]);
  return with_number(request.output.dtype, ScatterAdd::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    // i64 wraps around, which only unsigned numbers may do.
    using Term = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
    return make_kernel([=](const Launch& launch) {
      const auto* indices = launch.input<std::int64_t>(1);
      expect_in_range(ScatterAdd::name, e, indices);
      scatter_rows(e, launch.input<Term>(0), indices, launch.result<Term>());
    });
  });
}

}  // namespace

void add_gather_kernels(KernelTable& table) {
  table.add<Gather>(prepare_gather);
  table.add<ScatterAdd>(prepare_scatter_add);
}

}  // namespace palimpsest
