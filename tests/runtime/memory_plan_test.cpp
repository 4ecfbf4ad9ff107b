// The packing of lifetimes into one arena.

#include <doctest/doctest.h>

#include "runtime/buffer.h"
#include "runtime/memory_plan.h"

namespace palimpsest::testing {
namespace {

using runtime::Lifetime;
using runtime::pack;
using runtime::Packing;

bool collide(const Lifetime& a, std::size_t at_a, const Lifetime& b, std::size_t at_b) {
  const bool same_time = a.first <= b.last && b.first <= a.last;
  return same_time && at_a < at_b + b.bytes && at_b < at_a + a.bytes;
}

/// Pseudo-random lifetimes (a linear congruential generator: the same ones everywhere).
std::vector<Lifetime> many_lifetimes(std::size_t count) {
  std::uint64_t state = 12345;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state >> 33) % below);
  };
  std::vector<Lifetime> lifetimes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = draw(count);
    lifetimes.push_back({draw(5000), first, first + draw(12)});
  }
  return lifetimes;
}

/// The most that lives at one time: no packing can need less.
std::size_t lower_bound(const std::vector<Lifetime>& lifetimes) {
  std::size_t most = 0;
  for (std::size_t time = 0; time < 2 * lifetimes.size(); ++time) {
    std::size_t bytes = 0;
    for (const Lifetime& lifetime : lifetimes)
      if (lifetime.first <= time && time <= lifetime.last) bytes += lifetime.bytes;
    most = std::max(most, bytes);
  }
  return most;
}

TEST_CASE("tensors that live at the same time never share bytes") {
  const std::vector<Lifetime> lifetimes = many_lifetimes(300);
  const Packing packing = pack(lifetimes);
  int collisions = 0;
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    CHECK(packing.offsets[i] % runtime::alignment == 0);
    CHECK(packing.offsets[i] + lifetimes[i].bytes <= packing.bytes);
    for (std::size_t j = 0; j < i; ++j)
      collisions += collide(lifetimes[i], packing.offsets[i], lifetimes[j], packing.offsets[j]);
  }
  CHECK(collisions == 0);
}

TEST_CASE("the packing stays close to the bytes that live at once") {
  const std::vector<Lifetime> lifetimes = many_lifetimes(300);
  CHECK(static_cast<double>(pack(lifetimes).bytes) <
        1.15 * static_cast<double>(lower_bound(lifetimes)));
}

TEST_CASE("tensors that follow each other share the same bytes") {
  const std::vector<Lifetime> lifetimes{{100, 0, 1}, {100, 2, 3}, {64, 4, 4}};
  const Packing packing = pack(lifetimes);
  CHECK(packing.offsets == std::vector<std::size_t>{0, 0, 0});
  CHECK(packing.bytes == 128);
}

TEST_CASE("a tensor goes into the tightest gap that holds it") {
  // At time 5 there are gaps of 1024 bytes at 0 and of 256 bytes at 1536.
  const std::vector<Lifetime> lifetimes{
      {1024, 0, 0}, {512, 0, 9}, {256, 0, 0}, {192, 0, 9}, {192, 5, 9}};
  CHECK(pack(lifetimes).offsets == std::vector<std::size_t>{0, 1024, 1536, 1792, 1536});
}

TEST_CASE("empty tensors take no memory and packing nothing needs nothing") {
  CHECK(pack(std::vector<Lifetime>{}).bytes == 0);
  CHECK(pack(std::vector<Lifetime>{{0, 0, 5}, {64, 0, 5}}).bytes == 64);
}

TEST_CASE("a plan beyond any machine is refused, not wrapped around") {
  const std::vector<Lifetime> lifetimes(3, Lifetime{std::size_t{1} << 61, 0, 1});
  CHECK_THROWS_AS(pack(lifetimes), ResourceError);
}

}  // namespace
}  // namespace palimpsest::testing
