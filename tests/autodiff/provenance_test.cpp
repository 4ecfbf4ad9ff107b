// Which sweep a node comes from, as its label says.

#include <doctest/doctest.h>

#include <array>
#include <set>

#include "autodiff/autodiff.h"
#include "autodiff/provenance.h"
#include "graph/function.h"
#include "ops/linalg/linalg.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::autodiff {
namespace {

struct Fixture {
  Function function;
  Graph& graph = *function.graph;
  Value x = graph.input({DType::f64, {2, 2}});
  Value t = graph.input({DType::f64, {2, 2}});
  Value v = graph.input({DType::f64, {2, 2}});

  template <class Build>
  Value labelled(const std::string& label, const Build& build) {
    const LabelScope scope(graph, label);
    return build();
  }

  /// The labels of all nodes from this index on.
  std::set<std::string> labels_from(std::uint32_t begin) const {
    std::set<std::string> labels;
    for (std::uint32_t index = begin; index < graph.size(); ++index)
      labels.insert(graph.label(graph.node(index)));
    return labels;
  }
};

using Labels = std::set<std::string>;

}  // namespace

TEST_CASE("derivative nodes carry the label of the node they come from, and the sweep") {
  Fixture f;
  const Value y = f.labelled("layer1 (Sin)", [&] { return sin(f.x); });
  std::uint32_t before = f.graph.size();
  const Value ct = vjp(std::array{y}, std::array{f.t}, std::array{f.x}).front();
  CHECK(f.labels_from(before) == Labels{"layer1 (Sin), cotangent"});

  before = f.graph.size();
  jvp(std::array{ct, y}, std::array{f.x}, std::array{f.v});
  CHECK(f.labels_from(before) ==
        Labels{"layer1 (Sin), tangent", "layer1 (Sin), cotangent, tangent"});
}

TEST_CASE("a reverse sweep through cotangents has the next order, also where it meets values") {
  Fixture f;
  const Value y = f.labelled("layer1 (Sin)", [&] { return exp(sin(f.x)); });
  const Value ct = vjp(std::array{y}, std::array{f.t}, std::array{f.x}).front();
  const std::uint32_t before = f.graph.size();
  vjp(std::array{ct}, std::array{f.v}, std::array{f.x});
  for (const std::string& label : f.labels_from(before)) {
    CAPTURE(label);
    CHECK(provenance(label).reverse == 2);
    CHECK(provenance(label).source == "layer1 (Sin)");
  }
  CHECK(f.labels_from(before).contains("layer1 (Sin), cotangent of order 2"));
}

TEST_CASE("what a sweep is taken with respect to does not raise its order") {
  Fixture f;
  const Value y = f.labelled("layer1 (Sin)", [&] { return sin(f.x); });
  const Value ct = vjp(std::array{y}, std::array{f.t}, std::array{f.x}).front();
  const Value z = f.labelled("step", [&] { return exp(ct); });
  const std::uint32_t before = f.graph.size();
  vjp(std::array{z}, std::array{f.v}, std::array{ct});
  CHECK(f.labels_from(before) == Labels{"step, cotangent"});
}

TEST_CASE("cotangents that the outputs do not need leave the order of a sweep as it is") {
  Fixture f;
  const Value y = f.labelled("layer1 (Sin)", [&] { return sin(f.x); });
  vjp(std::array{y}, std::array{f.t}, std::array{f.x});
  const Value z = f.labelled("prior", [&] { return exp(f.x); });
  const std::uint32_t before = f.graph.size();
  vjp(std::array{z}, std::array{f.v}, std::array{f.x});
  CHECK(f.labels_from(before) == Labels{"prior, cotangent"});
}

TEST_CASE("the adjoint of a differential belongs to the sweep that asks for it") {
  Fixture f;
  const Value y = f.labelled("solve (Inverse)", [&] { return inverse(f.x); });
  const std::uint32_t before = f.graph.size();
  vjp(std::array{y}, std::array{f.t}, std::array{f.x});
  CHECK(f.labels_from(before) == Labels{"solve (Inverse), cotangent"});
}

TEST_CASE("a label says no more than what the sweeps have written") {
  CHECK(provenance("conv1 (Conv)").reverse == 0);
  CHECK(provenance("conv1 (Conv)").forward == 0);
  CHECK(provenance("conv1 (Conv), cotangents").source == "conv1 (Conv), cotangents");
  CHECK(provenance("conv1 (Conv), cotangent of order x").reverse == 0);
  for (const std::string label : {"", "conv1 (Conv)", "a, b"}) {
    const std::string marked = tangent_label(cotangent_label(tangent_label(label), 3));
    CAPTURE(marked);
    CHECK(provenance(marked).source == label);
    CHECK(provenance(marked).reverse == 3);
    CHECK(provenance(marked).forward == 2);
  }
}

}  // namespace palimpsest::autodiff
