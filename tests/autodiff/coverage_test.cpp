// The proof covers the language: every primitive has rows enough, and a row does contain the
// primitive that it is counted for.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "ops/all.h"
#include "tests/support/cpu.h"
#include "tests/support/rows.h"

using namespace palimpsest;
using namespace palimpsest::testing;

namespace {

std::map<std::string, int> samples_by_name() {
  std::map<std::string, int> samples;
  for (const Row& row : all_rows()) samples[row.primitive] += row.samples;
  return samples;
}

std::vector<std::string> primitive_names() {
  std::vector<std::string> names;
  AllPrimitives::for_each([&]<class P>() { names.emplace_back(P::name); });
  return names;
}

bool contains(const Function& function, const std::string& primitive) {
  const std::vector<bool> marked = reachable(function);
  for (std::uint32_t index = 0; index < function.graph->size(); ++index)
    if (marked[index] && function.graph->node(index).op.name() == primitive) return true;
  return false;
}

}  // namespace

TEST_CASE("every primitive has at least 30 sampled cases") {
  const auto samples = samples_by_name();
  for (const std::string& name : primitive_names()) {
    CAPTURE(name);
    REQUIRE(samples.contains(name));
    CHECK(samples.at(name) >= 30);
  }
}

TEST_CASE("convolutions and sliding windows have at least 200 sampled cases each") {
  const auto samples = samples_by_name();
  for (const std::string_view name : {Conv::name, ConvInputGrad::name, ConvFilterGrad::name,
                                      WindowSum::name, WindowSpread::name, WindowArgmax::name}) {
    CAPTURE(name);
    CHECK(samples.at(std::string(name)) >= 200);
  }
}

TEST_CASE("the CPU has a kernel for every primitive") {
  AllPrimitives::for_each([]<class P>() {
    CAPTURE(P::name);
    CHECK(cpu().has<P>());
  });
}

TEST_CASE("every sampled case of a primitive contains it") {
  const std::vector<std::string> names = primitive_names();
  for (const Row& row : all_rows()) {
    if (std::find(names.begin(), names.end(), row.primitive) == names.end()) continue;
    for (int number = 0; number < row.samples; ++number) {
      CAPTURE(row.name());
      CAPTURE(number);
      CHECK(contains(row.sample(number).function, row.primitive));
    }
  }
}

TEST_CASE("cases are small, in f64, and the same whenever they are drawn") {
  for (const Row& row : all_rows()) {
    CAPTURE(row.name());
    const Case once = row.sample(0), again = row.sample(0);
    CHECK(once.point == again.point);
    std::int64_t elements = 0;
    for (const Literal& literal : once.point) {
      CHECK(literal.dtype() == DType::f64);
      elements += literal.elements();
    }
    CHECK(elements > 0);
    CHECK(elements <= 128);
  }
}

TEST_CASE("row names are unique") {
  std::map<std::string, int> count;
  for (const Row& row : all_rows()) ++count[row.name()];
  for (const auto& entry : count) {
    CAPTURE(entry.first);
    CHECK(entry.second == 1);
  }
}
