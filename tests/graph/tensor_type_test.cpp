#include "graph/tensor_type.h"

#include <doctest/doctest.h>

#include "graph/error.h"

using namespace palimpsest;

TEST_CASE("a shape counts its elements, and an extent of 0 makes it empty") {
  CHECK(Shape{}.elements() == 1);
  CHECK(Shape{2, 3, 4}.elements() == 24);
  CHECK(Shape{2, 0, 4}.elements() == 0);
}

TEST_CASE("negative axes count from the end") {
  const Shape shape{2, 3, 4};
  CHECK(shape[-1] == 4);
  CHECK(shape[-3] == 2);
  CHECK(shape.with(-2, 7) == Shape{2, 7, 4});
  CHECK(shape.strides() == std::vector<std::int64_t>{12, 4, 1});
}

TEST_CASE("an axis out of range is refused with the shape") {
  const Shape shape{2, 3};
  CHECK_THROWS_WITH_AS(shape[2], "shape: axis in [-2, 2) expected for [2,3], 2 came", ShapeError);
  CHECK_THROWS_AS(shape[-3], ShapeError);
  CHECK_THROWS_AS(Shape{}[0], ShapeError);
}

TEST_CASE("hostile extents are refused before anything is allocated") {
  const std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_AS((Shape{-1}), ShapeError);
  CHECK_THROWS_AS((Shape{large + 1}), ShapeError);
  CHECK_THROWS_AS((Shape{large, large}), ShapeError);
  CHECK_THROWS_AS((Shape{large, 0, large}), ShapeError);  // its strides would overflow
  CHECK_THROWS_AS(Shape(std::vector<std::int64_t>(17, 1)), ShapeError);
  CHECK(Shape(std::vector<std::int64_t>(16, 1)).rank() == 16);
}

TEST_CASE("a type knows its bytes and prints as dtype and shape") {
  CHECK(TensorType{DType::f32, {2, 3}}.bytes() == 24);
  CHECK(TensorType{DType::boolean, {5}}.bytes() == 5);
  CHECK(TensorType{DType::i64, {}}.bytes() == 8);
  CHECK(text(TensorType{DType::f64, {2, 3}}) == "f64[2,3]");
  CHECK(text(TensorType{DType::boolean, {}}) == "bool[]");
}
