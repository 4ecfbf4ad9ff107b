#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

/// FNV-1a: a seed that depends on the name alone, so that new rows change no old ones.
std::uint64_t seed_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : name)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return hash;
}

}  // namespace

Value Case::input(Literal literal) {
  const Value value = function.graph->input(literal.type());
  function.inputs.push_back(value);
  point.push_back(std::move(literal));
  return value;
}

Case Row::sample(int number) const {
  Sampler sampler(seed_of(name()) + static_cast<std::uint64_t>(number));
  return recipe(sampler);
}

Rows all_rows() {
  Rows rows;
  add_pointwise_cases(rows);
  add_movement_cases(rows);
  add_reduce_cases(rows);
  add_gather_cases(rows);
  add_linalg_cases(rows);
  add_conv_cases(rows);
  add_window_cases(rows);
  add_source_cases(rows);
  add_composite_cases(rows);
  return rows;
}

}  // namespace palimpsest::testing
