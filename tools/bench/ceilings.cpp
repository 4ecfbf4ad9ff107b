#include "tools/bench/ceilings.h"

#include <dnnl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "graph/error.h"
#include "runtime/cpu/parallel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace palimpsest::tools {
namespace {

using Clock = std::chrono::steady_clock;

/// The shortest of several rounds, in seconds.
template <class Work>
double shortest(int rounds, const Work& work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const Clock::time_point start = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (round == 0 || seconds < best) best = seconds;
  }
  return best;
}

// Enough independent sums to cover the latency of two units.
constexpr std::size_t chains = 12;
constexpr std::int64_t repetitions = 400'000;

float multiplied_and_added(float sum) {
#ifdef __FP_FAST_FMAF
  return std::fma(sum, 0.999F, 1e-3F);
#else
  return sum * 0.999F + 1e-3F;
#endif
}

/// Where a chain begins: at a number of its own, or equal chains would be computed once.
float beginning(std::size_t chain) { return 0.01F * static_cast<float>(chain); }

/// `chains` x `lanes` sums of `count` products. Returns a number that depends on all of them, so
/// that none is left out.
template <std::size_t lanes>
float plain_sums(std::int64_t count) {
  std::array<float, chains * lanes> sums{};
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = beginning(i);
  for (std::int64_t i = 0; i < count; ++i)
    for (float& sum : sums) sum = multiplied_and_added(sum);
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] float sums_on_avx512(std::int64_t count) {
  __m512 sums[chains];
  for (std::size_t i = 0; i < chains; ++i) sums[i] = _mm512_set1_ps(beginning(i));
  const __m512 factor = _mm512_set1_ps(0.999F), addend = _mm512_set1_ps(1e-3F);
  for (std::int64_t i = 0; i < count; ++i)
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, addend);
  float total = 0;
  for (const __m512& sum : sums) total += _mm512_cvtss_f32(sum);
  return total;
}

[[gnu::target("avx2,fma")]] float sums_on_avx2(std::int64_t count) {
  __m256 sums[chains];
  for (std::size_t i = 0; i < chains; ++i) sums[i] = _mm256_set1_ps(beginning(i));
  const __m256 factor = _mm256_set1_ps(0.999F), addend = _mm256_set1_ps(1e-3F);
  for (std::int64_t i = 0; i < count; ++i)
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, addend);
  float total = 0;
  for (const __m256& sum : sums) total += _mm256_cvtss_f32(sum);
  return total;
}
#endif

struct FmaLoop {
  float (*run)(std::int64_t);
  std::size_t lanes;
};

FmaLoop fma_loop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {sums_on_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {sums_on_avx2, 8};
#endif
  return {plain_sums<4>, 4};
}

double fma_rate(int threads) {
  const FmaLoop loop = fma_loop();
  volatile float kept = 0;
  const double seconds = shortest(60, [&] {
    float total = 0;
#pragma omp parallel for reduction(+ : total)
    for (int thread = 0; thread < threads; ++thread) total += loop.run(repetitions);
    kept = total;
  });
  const auto sums = static_cast<double>(chains * loop.lanes) * threads;
  return 2 * sums * static_cast<double>(repetitions) / seconds;
}

double gemm_rate() {
  constexpr dnnl_dim_t n = 512;
  const std::vector<float> a(n * n, 0.5F), b(n * n, 0.25F);
  std::vector<float> c(n * n);
  const double seconds = shortest(60, [&] {
    if (dnnl_sgemm('N', 'N', n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n) != dnnl_success)
      throw Error("bench: oneDNN refused a product of matrices");
  });
  return 2.0 * n * n * n / seconds;
}

double triad_rate(std::size_t bytes) {
  constexpr std::size_t least = 3 << 14, most = 3 << 27;
  const auto elements =
      static_cast<std::int64_t>(std::clamp(bytes, least, most) / (3 * sizeof(float)));
  const auto size = static_cast<std::size_t>(elements);
  std::vector<float> a(size), b(size), c(size);
  const auto fill = [&](std::int64_t begin, std::int64_t end) {
    std::fill(b.begin() + begin, b.begin() + end, 1.0F);
    std::fill(c.begin() + begin, c.begin() + end, 2.0F);
  };
  runtime::parallel_for(elements, runtime::pointwise_grain, fill);
  const double seconds = shortest(bytes < most / 16 ? 100 : 8, [&] {
    runtime::parallel_for(
        elements, runtime::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i)
            a[static_cast<std::size_t>(i)] =
                b[static_cast<std::size_t>(i)] + 0.5F * c[static_cast<std::size_t>(i)];
        });
  });
  return static_cast<double>(3 * size * sizeof(float)) / seconds;
}

}  // namespace

Ceilings measured_ceilings(int threads, std::size_t memory_bytes) {
  const runtime::ThreadScope scope(threads);
  return {fma_rate(threads), gemm_rate(), triad_rate(memory_bytes)};
}

}  // namespace palimpsest::tools
