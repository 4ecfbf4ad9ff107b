// Files that are broken or hostile: each is refused with a typed error that says where, before
// anything large is allocated.

#include <doctest/doctest.h>

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/model_bytes.h"

namespace palimpsest::testing {
namespace {

Model imported(const std::string& bytes, const onnx_import::ImportOptions& options = {}) {
  return onnx_import::load_bytes(as_bytes(bytes), options, runtime::evaluator(cpu()));
}

const Message image = value_info("x", {1, 1, 4, 4});
const Message result = value_info("y", {});

/// A model of one node from x to y, with the initializers given.
std::string one_node(const Message& only, const std::vector<Message>& initializers = {}) {
  return model(graph({{only}, initializers, {image}, {result}}));
}

std::string convolution(const std::vector<Message>& attributes) {
  return one_node(node("Conv", {"x", "w"}, {"y"}, attributes),
                  {tensor("w", {1, 1, 2, 2}, {1, 2, 3, 4})});
}

std::string with_initializer(const Message& tensor_message) {
  return one_node(node("Add", {"x", "w"}, {"y"}), {tensor_message});
}

/// If within If, `depth` times.
Message nested_if(int depth) {
  Message inner = graph({{node("Identity", {"x"}, {"inner"})}, {}, {}, {value_info("inner", {})}});
  for (int i = 0; i < depth; ++i) {
    const std::string name = "level" + std::to_string(i);
    const Message branches =
        node("If", {"yes"}, {name},
             {graph_attribute("then_branch", inner), graph_attribute("else_branch", inner)});
    inner = graph({{branches}, {}, {}, {value_info(name, {})}});
  }
  return inner;
}

}  // namespace

TEST_CASE("every truncation of a model is refused with an ImportError") {
  const std::string whole = convolution({integers_attribute("strides", {1, 1})});
  CHECK_NOTHROW(imported(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(imported(whole.substr(0, length)), Error);
  }
}

TEST_CASE("every flipped byte of a model is survived: it imports or throws a typed error") {
  const std::string whole = convolution({integers_attribute("strides", {1, 1})});
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const int mask : {0x01, 0x08, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ mask);
      try {
        imported(changed);
      } catch (const Error&) {
      }
    }
}

TEST_CASE("a tensor whose bytes do not fit its shape exactly is refused") {
  const std::string four(4, '\0');
  CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 1, {2}, four))), ImportError);
  CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 1, {1}, four + "x"))), ImportError);
  CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 7, {1}, std::string(11, '\0')))),
                  ImportError);
  CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 1, {1}, ""))), ImportError);
  CHECK_NOTHROW(imported(with_initializer(raw_tensor("w", 1, {1}, four))));
}

TEST_CASE("negative and overflowing extents are refused before they are allocated") {
  for (const Extents& dims : std::vector<Extents>{{-1},
                                                  {-4, -1},
                                                  {std::int64_t{1} << 32, std::int64_t{1} << 32},
                                                  {std::int64_t{1} << 62},
                                                  {std::int64_t{1} << 40},
                                                  {INT64_MAX, 2},
                                                  Extents(17, 1)})
    CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 1, dims, ""))), Error);
}

TEST_CASE("element types that are not supported are named") {
  CHECK_THROWS_WITH_AS(imported(with_initializer(raw_tensor("w", 8, {1}, ""))),
                       doctest::Contains("string"), UnsupportedError);
  CHECK_THROWS_WITH_AS(imported(with_initializer(raw_tensor("w", 22, {1}, "a"))),
                       doctest::Contains("int4"), UnsupportedError);
  CHECK_THROWS_AS(imported(with_initializer(raw_tensor("w", 99, {1}, "a"))), ImportError);
}

TEST_CASE("tensors beyond the byte budget are refused") {
  onnx_import::ImportOptions options;
  options.max_bytes = 15;
  CHECK_THROWS_AS(imported(with_initializer(tensor("w", {4}, {1, 2, 3, 4})), options),
                  ResourceError);
  options.max_bytes = 16;
  CHECK_NOTHROW(imported(with_initializer(tensor("w", {4}, {1, 2, 3, 4})), options));
}

TEST_CASE("window attributes out of range are refused, not divided by") {
  CHECK_THROWS_AS(imported(convolution({integers_attribute("strides", {0, 1})})), ImportError);
  CHECK_THROWS_AS(imported(convolution({integers_attribute("strides", {-1, 1})})), ImportError);
  CHECK_THROWS_AS(imported(convolution({integers_attribute("strides", {1})})), ImportError);
  CHECK_THROWS_AS(imported(convolution({integers_attribute("dilations", {INT64_MAX, 1})})),
                  ImportError);
  CHECK_THROWS_AS(imported(convolution({integers_attribute("pads", {0, 0, INT64_MAX, 0})})),
                  ImportError);
  CHECK_THROWS_AS(imported(convolution({integer_attribute("group", 0)})), ImportError);
  CHECK_THROWS_AS(imported(convolution({integer_attribute("group", 3)})), Error);
  CHECK_THROWS_AS(imported(convolution({integers_attribute("kernel_shape", {5, 5})})), ImportError);
  CHECK_THROWS_AS(imported(one_node(
                      node("MaxPool", {"x"}, {"y"}, {integers_attribute("kernel_shape", {0, 1})}))),
                  ImportError);
  CHECK_THROWS_AS(imported(one_node(node("MaxPool", {"x"}, {"y"}))), ImportError);
}

TEST_CASE("an attribute of the wrong type is refused by name") {
  CHECK_THROWS_WITH_AS(imported(convolution({integer_attribute("strides", 1)})),
                       doctest::Contains("'strides'"), ImportError);
}

TEST_CASE("names that are not defined or defined twice are refused") {
  CHECK_THROWS_AS(imported(one_node(node("Relu", {"z"}, {"y"}))), ImportError);
  CHECK_THROWS_AS(imported(one_node(node("Relu", {"y"}, {"y"}))), ImportError);
  CHECK_THROWS_AS(imported(one_node(node("Relu", {}, {"y"}))), ImportError);
  const Message twice =
      graph({{node("Relu", {"x"}, {"y"}), node("Exp", {"x"}, {"y"})}, {}, {image}, {result}});
  CHECK_THROWS_AS(imported(model(twice)), ImportError);
}

TEST_CASE("a function that calls itself is refused, directly or through another") {
  const Message direct = function("f", {"a"}, {"b"}, {node("f", {"a"}, {"b"}, {}, "local")});
  const Message to_g = function("f", {"a"}, {"b"}, {node("g", {"a"}, {"b"}, {}, "local")});
  const Message to_f = function("g", {"a"}, {"b"}, {node("f", {"a"}, {"b"}, {}, "local")});
  const Message call = graph({{node("f", {"x"}, {"y"}, {}, "local")}, {}, {image}, {result}});
  CHECK_THROWS_AS(imported(model(call, 17, {direct})), ImportError);
  CHECK_THROWS_AS(imported(model(call, 17, {to_g, to_f})), ImportError);
}

TEST_CASE("functions that double at every level are refused before they expand") {
  std::vector<Message> functions{function("f0", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})})};
  for (int level = 1; level < 40; ++level) {
    const std::string below = text("f", level - 1);
    functions.push_back(
        function(text("f", level), {"a"}, {"c"},
                 {node(below, {"a"}, {"b"}, {}, "local"), node(below, {"b"}, {"c"}, {}, "local")}));
  }
  const Message call = graph({{node("f39", {"x"}, {"y"}, {}, "local")}, {}, {image}, {result}});
  CHECK_THROWS_AS(imported(model(call, 17, functions)), ImportError);
}

TEST_CASE("a chain of a thousand functions is refused without exhausting the stack") {
  std::vector<Message> functions{function("f0", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})})};
  for (int level = 1; level < 1000; ++level)
    functions.push_back(function(text("f", level), {"a"}, {"b"},
                                 {node(text("f", level - 1), {"a"}, {"b"}, {}, "local")}));
  const Message call = graph({{node("f999", {"x"}, {"y"}, {}, "local")}, {}, {image}, {result}});
  CHECK_THROWS_AS(imported(model(call, 17, functions)), ImportError);
}

TEST_CASE("nested subgraphs are taken to a depth and refused beyond it") {
  const Message yes = raw_tensor("yes", 9, {}, "\x01");
  const auto nested = [&](int depth) {
    const Message branches = nested_if(depth);
    const Message top =
        node("If", {"yes"}, {"y"},
             {graph_attribute("then_branch", branches), graph_attribute("else_branch", branches)});
    return model(graph({{top}, {yes}, {image}, {result}}));
  };
  CHECK_NOTHROW(imported(nested(5)));
  Message deep = graph({});
  for (int i = 0; i < 60; ++i)
    deep =
        graph({{node("If", {"yes"}, {"y"}, {graph_attribute("then_branch", deep)})}, {}, {}, {}});
  CHECK_THROWS_AS(imported(model(deep)), ImportError);
}

TEST_CASE("a message made of millions of empty messages is refused before it is built") {
  std::string nodes;
  for (int i = 0; i < (1 << 23) + 1; ++i) nodes += std::string("\x0a\x00", 2);
  Message file;
  CHECK_THROWS_WITH_AS(imported(file.integer(1, 8).bytes(7, nodes).encoded()),
                       doctest::Contains("strings and messages"), ImportError);
}

TEST_CASE("a shape of a few bytes cannot make the importer compute a huge tensor") {
  const Message shape = integers("shape", {2}, {1 << 20, 1 << 20});
  const Message of_shape = graph({{node("ConstantOfShape", {"shape"}, {"big"}),
                                   node("Cast", {"big"}, {"whole"}, {integer_attribute("to", 7)}),
                                   node("ReduceSum", {"whole"}, {"y"})},
                                  {shape},
                                  {},
                                  {result}});
  const Model lazy = imported(model(of_shape));
  CHECK(lazy.function.graph->size() < 16);
  const Message used = graph({{node("ConstantOfShape", {"shape"}, {"big"}),
                               node("Cast", {"big"}, {"whole"}, {integer_attribute("to", 7)}),
                               node("Reshape", {"x", "whole"}, {"y"})},
                              {shape},
                              {image},
                              {result}});
  CHECK_THROWS_AS(imported(model(used)), ResourceError);
}

TEST_CASE("reshapes, slices and pads that do not fit are refused") {
  const auto reshape_to = [](const Extents& shape) {
    return one_node(node("Reshape", {"x", "s"}, {"y"}),
                    {integers("s", {static_cast<std::int64_t>(shape.size())}, shape)});
  };
  CHECK_THROWS_AS(imported(reshape_to({-1, -1})), ImportError);
  CHECK_THROWS_AS(imported(reshape_to({3, -1})), ImportError);
  CHECK_THROWS_AS(imported(reshape_to({5})), ShapeError);
  CHECK_THROWS_AS(imported(reshape_to({INT64_MIN})), ShapeError);
  CHECK_NOTHROW(imported(reshape_to({0, -1})));
  const auto slice = [](std::int64_t start, std::int64_t end, std::int64_t step) {
    return one_node(node("Slice", {"x", "a", "b", "c", "d"}, {"y"}),
                    {integers("a", {1}, {start}), integers("b", {1}, {end}),
                     integers("c", {1}, {3}), integers("d", {1}, {step})});
  };
  CHECK_THROWS_AS(imported(slice(0, 4, 0)), ImportError);
  CHECK_NOTHROW(imported(slice(INT64_MIN, INT64_MAX, INT64_MAX)));
  CHECK(imported(slice(INT64_MAX, INT64_MIN, -1)).function.outputs[0].shape() == Shape{1, 1, 4, 4});
  CHECK(imported(slice(INT64_MAX, INT64_MIN, INT64_MIN)).function.outputs[0].shape() ==
        Shape{1, 1, 4, 1});
}

TEST_CASE("an index out of range is refused at import when it is known there") {
  const auto gather = [](std::int64_t index) {
    return one_node(node("Gather", {"x", "i"}, {"y"}, {integer_attribute("axis", 3)}),
                    {integers("i", {1}, {index})});
  };
  CHECK_THROWS_AS(imported(gather(4)), ImportError);
  CHECK_THROWS_AS(imported(gather(-5)), ImportError);
  CHECK_NOTHROW(imported(gather(-4)));
}

TEST_CASE("an integer division by zero at import is an ImportError") {
  const Message division =
      graph({{node("Div", {"a", "b"}, {"s"}), node("Reshape", {"x", "s"}, {"y"})},
             {integers("a", {1}, {16}), integers("b", {1}, {0})},
             {image},
             {result}});
  CHECK_THROWS_AS(imported(model(division)), ImportError);
}

}  // namespace palimpsest::testing
