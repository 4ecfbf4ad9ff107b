#pragma once
// One loop compiled for several vector lengths; the machine that runs it chooses.

namespace palimpsest::runtime {

/// `loop`, a [[gnu::always_inline]] function, for the widest vectors of this machine. Where
/// products are not contracted with sums (see ops/CMakeLists.txt) and the order of sums is in
/// the source, the bits do not depend on the choice.
template <auto loop>
struct Widest;

template <class... Args, void (*loop)(Args...)>
struct Widest<loop> {
  using Function = void (*)(Args...);

#if defined(__x86_64__)
  [[gnu::target("avx2")]] static void on_avx2(Args... args) { loop(args...); }
  [[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] static void on_avx512(Args... args) {
    loop(args...);
  }

  static Function chosen() {
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
      return on_avx512;
    return __builtin_cpu_supports("avx2") ? on_avx2 : loop;
  }
#else
  static Function chosen() { return loop; }
#endif
};

template <auto loop>
auto widest() {
  return Widest<loop>::chosen();
}

}  // namespace palimpsest::runtime
