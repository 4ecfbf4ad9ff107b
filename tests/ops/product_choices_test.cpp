// Convolutions and matrix products by every algorithm that a choice can name.

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "ops/conv/cpu_conv.h"
#include "ops/linalg/linalg.h"
#include "runtime/choose_kernel.h"
#include "runtime/kernel_choices.h"
#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"
#include "tests/support/sampler.h"
#include "tests/support/stored.h"

namespace palimpsest::testing {
namespace {

using runtime::KernelChoices;
using runtime::Measuring;

constexpr double rounding = 0x1p-24;  // of f32

std::string key_of(const Op& op, const std::vector<Literal>& operands, const KernelRun& options) {
  std::vector<TensorType> types;
  for (const Literal& operand : operands) types.push_back(operand.type());
  std::vector<const Literal*> constants(operands.size(), nullptr);
  for (const std::size_t k : options.constants) constants[k] = &operands[k];
  const TensorType type = op.infer(types);
  return runtime::choice_key({op, types, type, constants, options.threads});
}

KernelResult run_by(const std::string& algorithm, const Op& op,
                    const std::vector<Literal>& operands, KernelRun options = {}) {
  KernelChoices choices;
  choices.record(key_of(op, operands, options), algorithm);
  options.choices = &choices;
  return run_kernel(cpu(), op, operands, options);
}

Literal uniform(Sampler& s, const Shape& shape) {
  return s.tensor(shape, -1, 1).converted(DType::f32);
}

double largest_difference(const Literal& a, const Literal& b) {
  const std::vector<double> left = a.doubles(), right = b.doubles();
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    largest = std::max(largest, std::abs(left[i] - right[i]));
  return largest;
}

struct Member {
  Op op;
  std::vector<Literal> operands;
  std::int64_t terms;  ///< of each sum
};

/// The three members of one geometry, on numbers of [-1, 1).
std::vector<Member> members(Sampler& s, const ConvGeometry& g) {
  const Literal x = stored(uniform(s, g.input), g.channels_last),
                ct = stored(uniform(s, g.output), g.channels_last), w = uniform(s, g.filter);
  const std::int64_t places = g.filter[2] * g.filter[3];
  return {{Conv{g}, {x, w}, g.filter[1] * places},
          {ConvInputGrad{g}, {ct, w}, g.filter[0] * places},
          {ConvFilterGrad{g}, {ct, x}, g.output.elements() / g.output[1]}};
}

/// By our gemm in f64, which has no other algorithm.
Literal exact(const Member& member) {
  std::vector<Literal> wide;
  for (const Literal& operand : member.operands) wide.push_back(operand.converted(DType::f64));
  return run_kernel(cpu(), member.op, wide).value;
}

ConvGeometry square(std::int64_t images, std::int64_t inputs, std::int64_t size,
                    std::int64_t outputs, std::int64_t kernel, bool channels_last) {
  const std::int64_t pad = kernel / 2;
  ConvGeometry g = conv_geometry({images, inputs, size, size}, {outputs, inputs, kernel, kernel},
                                 {1, 1}, {1, 1}, {pad, pad}, {pad, pad}, 1);
  g.channels_last = channels_last;
  return g;
}

/// How much Winograd's transforms may enlarge a rounding. With 6 points for 4 results of 3 taps
/// (0, 1, -1, 2, -2, infinity), the absolute entries of the three transforms multiply up to 48
/// along an axis. Roundings of the two axes are independent and mostly cancel: root by root that
/// is 48.
constexpr double winograd_growth = 48;

}  // namespace

TEST_CASE("every algorithm of a convolution that a choice can name gives the same numbers") {
  Sampler s(1);
  std::set<std::string> seen;
  for (const bool channels_last : {false, true})
    for (const std::int64_t kernel : {1, 3}) {
      for (const Member& member : members(s, square(2, 32, 9, 48, kernel, channels_last))) {
        const Literal expected = exact(member);
        // A sum of that many products below 1, added in any order.
        const double tolerance = rounding * static_cast<double>(member.terms * member.terms);
        CAPTURE(member.op.name());
        CAPTURE(kernel);
        for (const char* name : {"dnnl:plain", "dnnl:channels_last", "dnnl:own_layout", "own:gemm",
                                 "dnnl:matmul", "dnnl:turned"}) {
          CAPTURE(name);
          for (const KernelRun& options : {KernelRun{}, KernelRun{2, {}}, KernelRun{1, {1}}}) {
            const KernelResult result = run_by(name, member.op, member.operands, options);
            CHECK(largest_difference(result.value, expected) <= tolerance);
            seen.insert(result.algorithm);
          }
        }
      }
    }
  CHECK(seen.contains("own:gemm"));
  CHECK(seen.size() > 1);
}

TEST_CASE("Winograd convolutions agree with f64 within their rounding, in all three roles") {
  Sampler s(2);
  for (const ConvGeometry& g : {square(1, 32, 14, 32, 3, true), square(2, 64, 13, 32, 3, true),
                                square(3, 16, 28, 48, 3, false)})
    for (const Member& member : members(s, g)) {
      CAPTURE(member.op.name());
      CAPTURE(g.input);
      const Literal expected = exact(member);
      const double tolerance = winograd_growth * rounding * static_cast<double>(member.terms);
      for (const char* name : {"dnnl:winograd", "dnnl:turned_winograd"})
        for (const KernelRun& options : {KernelRun{}, KernelRun{2, {}}, KernelRun{1, {1}}}) {
          const KernelResult result = run_by(name, member.op, member.operands, options);
          if (std::string(name) == "dnnl:winograd" &&
              result.algorithm.find("wino") == std::string::npos)
            MESSAGE("not on this processor: ", result.algorithm);
          CHECK(largest_difference(result.value, expected) <= tolerance);
        }
    }
}

TEST_CASE("a turned filter gives the input gradient whatever the paddings and dilations") {
  Sampler s(7);
  for (const std::int64_t dilation : {1, 2})
    for (const std::int64_t low : {0, 1, 2})
      for (const std::int64_t high : {0, 2, 5}) {  // 5: more than the kernel reaches, so not turned
        ConvGeometry g = conv_geometry({2, 16, 8, 9}, {32, 16, 3, 2}, {1, 1}, {dilation, dilation},
                                       {low, 0}, {high, 1}, 1);
        g.channels_last = true;
        const Member member = members(s, g)[1];
        CAPTURE(g.describe());
        const KernelResult result = run_by("dnnl:turned", member.op, member.operands, {1, {1}});
        CHECK(largest_difference(result.value, exact(member)) <=
              rounding * static_cast<double>(member.terms * member.terms));
      }
}

TEST_CASE("an algorithm that does not apply to a convolution leaves the rule's") {
  Sampler s(3);
  ConvGeometry strided =
      conv_geometry({1, 32, 9, 9}, {32, 32, 5, 5}, {2, 2}, {1, 1}, {2, 2}, {2, 2}, 1);
  strided.channels_last = true;
  for (const Member& member : members(s, strided)) {
    const KernelResult by_rule = run_kernel(cpu(), member.op, member.operands);
    for (const char* name : {"dnnl:winograd", "dnnl:matmul", "own:depthwise", "own:groups",
                             "widened", "of a later version"}) {
      CAPTURE(name);
      const KernelResult result = run_by(name, member.op, member.operands);
      CHECK(result.algorithm == by_rule.algorithm);
      CHECK(result.value == by_rule.value);
    }
  }
}

TEST_CASE("a measured choice gives the same bits when it is taken over") {
  Sampler s(4);
  for (const Member& member : members(s, square(1, 32, 14, 32, 3, true))) {
    CAPTURE(member.op.name());
    KernelChoices measuring(Measuring::allowed);
    const KernelResult first = run_kernel(cpu(), member.op, member.operands, {1, {}, &measuring});
    const std::string key = key_of(member.op, member.operands, {});
    REQUIRE(measuring.all().contains(key));
    const KernelResult second =
        run_by(measuring.all().at(key).algorithm, member.op, member.operands);
    CHECK(second.algorithm == first.algorithm);
    CHECK(second.value == first.value);
    CHECK(first.algorithm.find("ref") == std::string::npos);
  }
}

TEST_CASE("operands in bf16 have algorithms of their own, never Winograd") {
  Sampler s(5);
  for (Member& member : members(s, square(1, 32, 14, 32, 3, true))) {
    for (Literal& operand : member.operands) operand = operand.converted(DType::bf16);
    const Literal expected = exact(member);
    const double tolerance = rounding * static_cast<double>(member.terms * member.terms);
    for (const char* name : {"widened", "dnnl:own_layout", "dnnl:winograd", "dnnl:matmul"}) {
      const KernelResult result = run_by(name, member.op, member.operands);
      CAPTURE(result.algorithm);
      CHECK(largest_difference(result.value, expected) <= tolerance);
      CHECK(result.algorithm.find("wino") == std::string::npos);
    }
  }
}

TEST_CASE("every algorithm of a matrix product that a choice can name gives the same numbers") {
  Sampler s(6);
  const std::int64_t depth = 40;
  for (const bool transposed : {false, true}) {
    const Shape a = transposed ? Shape{3, depth, 33} : Shape{3, 33, depth};
    const Shape b = transposed ? Shape{3, 50, depth} : Shape{3, depth, 50};
    const Member member{MatMul{transposed, transposed}, {uniform(s, a), uniform(s, b)}, depth};
    const Literal expected = exact(member);
    for (const char* name : {"dnnl:in_place", "dnnl:reordered", "own:gemm"})
      for (const KernelRun& options : {KernelRun{}, KernelRun{1, {1}}}) {
        CAPTURE(name);
        const KernelResult result = run_by(name, member.op, member.operands, options);
        CHECK(largest_difference(result.value, expected) <=
              rounding * static_cast<double>(depth * depth));
        CHECK((result.algorithm == "own:gemm") == (std::string(name) == "own:gemm"));
      }
  }
}

}  // namespace palimpsest::testing
