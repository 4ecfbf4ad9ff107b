#include "graph/literal.h"

#include <doctest/doctest.h>

using namespace palimpsest;

namespace {

Literal numbers() { return Literal::of({2, 2}, std::vector<double>{-1.5, 0, 2.75, 3}); }

}  // namespace

TEST_CASE("a literal keeps its values in row-major order") {
  const Literal literal = numbers();
  CHECK(literal.type() == TensorType{DType::f64, {2, 2}});
  CHECK(literal.values<double>()[2] == 2.75);
  CHECK(literal.reshaped({4}).doubles() == literal.doubles());
}

TEST_CASE("a literal refuses a count, a dtype or a shape that does not fit") {
  CHECK_THROWS_WITH_AS(Literal::of({3}, std::vector<float>{1, 2}),
                       "literal: 3 values expected for [3], 2 came", ShapeError);
  CHECK_THROWS_AS(numbers().values<float>(), ShapeError);
  CHECK_THROWS_AS(numbers().reshaped({3}), ShapeError);
  CHECK_THROWS_AS(numbers().integers(), ShapeError);
}

TEST_CASE("conversions round, truncate and test as documented") {
  CHECK(numbers().converted(DType::i64).integers() == std::vector<std::int64_t>{-1, 0, 2, 3});
  CHECK(numbers().converted(DType::boolean).integers() == std::vector<std::int64_t>{1, 0, 1, 1});
  const Literal third = Literal::scalar(1.0 / 3);
  CHECK(third.converted(DType::f32).values<float>()[0] == 1.0f / 3);
  CHECK(Literal::filled({DType::i64, {3}}, -2).integers() == std::vector<std::int64_t>{-2, -2, -2});
}

TEST_CASE("literals are equal when type and bytes are") {
  CHECK(numbers() == numbers());
  CHECK(numbers().hash() == numbers().hash());
  CHECK(!(numbers() == numbers().reshaped({4})));
  CHECK(!(numbers() == numbers().converted(DType::f32)));
  CHECK(!(Literal::scalar(1.0) == Literal::scalar(2.0)));
}

TEST_CASE("a literal may have no elements") {
  const Literal empty = Literal::of({0, 3}, std::vector<float>{});
  CHECK(empty.doubles().empty());
  CHECK(empty == empty.reshaped({3, 0}).reshaped({0, 3}));
}

TEST_CASE("a default literal is an f32 zero") {
  CHECK(Literal().type() == TensorType{});
  CHECK(Literal().doubles() == std::vector<double>{0});
}
