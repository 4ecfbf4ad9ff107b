#pragma once
// The proof's table. A row is a recipe of test cases for one primitive or composite; it stands
// beside the primitive, in ops/<family>/cases.cpp, and every check runs over all rows.

#include <string>
#include <type_traits>
#include <vector>

#include "graph/function.h"
#include "tests/support/sampler.h"

namespace palimpsest::testing {

/// A function of f64 inputs and the point at which it is judged: small (some ten elements),
/// and smooth within 1e-3 of the point.
struct Case {
  Function function;
  std::vector<Literal> point;

  /// Adds an input whose value at the point is `literal`.
  Value input(Literal literal);
  /// Data that no derivative is taken of: masks, indices.
  Value constant(Literal literal) { return function.graph->constant(std::move(literal)); }
};

using Recipe = Case (*)(Sampler&);

struct Row {
  std::string primitive;  ///< a name of AllPrimitives, or of a composite in ops/nn
  std::string variant;
  int samples;
  Recipe recipe;

  std::string name() const { return primitive + "/" + variant; }
  /// The sample of that number in [0, samples); always the same one.
  Case sample(int number) const;
};

class Rows {
 public:
  void add(std::string_view primitive, std::string variant, int samples, Recipe recipe) {
    rows_.push_back({std::string(primitive), std::move(variant), samples, recipe});
  }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  std::vector<Row> rows_;
};

// Each family's rows, defined in ops/<family>/cases.cpp.
void add_pointwise_cases(Rows& rows);
void add_movement_cases(Rows& rows);
void add_reduce_cases(Rows& rows);
void add_gather_cases(Rows& rows);
void add_linalg_cases(Rows& rows);
void add_conv_cases(Rows& rows);
void add_window_cases(Rows& rows);
void add_source_cases(Rows& rows);
void add_composite_cases(Rows& rows);

Rows all_rows();

}  // namespace palimpsest::testing
