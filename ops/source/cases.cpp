// Test rows of the primitives that make tensors: what they make enters as a factor.

#include "ops/source/source.h"

#include "graph/graph.h"
#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

Case counted(Sampler& s) {
  Case c;
  const int rank = static_cast<int>(s.integer(1, 3));
  const Value x = c.input(s.tensor(s.shape(rank, 1, 3), -1, 1));
  const Value count = iota(x.graph(), x.shape(), static_cast<int>(s.integer(0, rank - 1)));
  c.function.outputs = {sin(x) * cast(count, DType::f64)};
  return c;
}

Case random_factor(Sampler& s) {
  Case c;
  const Value x = c.input(s.tensor(s.shape(2, 1, 3), -1, 1));
  const auto distribution = s.one_of({Distribution::uniform, Distribution::normal});
  const Value step = c.constant(Literal::scalar(s.integer(0, 100)));
  const Value noise = random(step, {.type = x.type(),
                                    .distribution = distribution,
                                    .seed = static_cast<std::uint64_t>(s.integer(0, 9)),
                                    .stream = static_cast<std::uint64_t>(s.integer(0, 9))});
  c.function.outputs = {sin(x) * (noise + 0.5)};
  return c;
}

}  // namespace

void add_source_cases(Rows& rows) {
  rows.add(Iota::name, "factor", 30, counted);
  rows.add(Random::name, "factor", 30, random_factor);
}

}  // namespace palimpsest::testing
