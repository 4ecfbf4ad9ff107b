#include "graph/literal.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

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

TEST_CASE("bf16 rounds to nearest, ties to even, and keeps what is no number") {
  const auto rounded = [](float x) { return static_cast<float>(bfloat16(x)); };
  CHECK(rounded(1.0f) == 1.0f);
  CHECK(rounded(1.0f + 0x1p-8f) == 1.0f);                // a tie: down to even
  CHECK(rounded(1.0f + 3 * 0x1p-8f) == 1.0f + 0x1p-6f);  // a tie: up to even
  CHECK(rounded(1.0f + 0x1.1p-8f) == 1.0f + 0x1p-7f);
  CHECK(rounded(-3.0e38f) == -0x1.c4p+127f);
  CHECK(std::isinf(rounded(0x1.fffffep127f)));
  CHECK(std::isnan(rounded(std::bit_cast<float>(0x7f800001u))));
  CHECK(Literal::scalar(0.1f).converted(DType::bf16).doubles()[0] == 0x1.9ap-4);
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
