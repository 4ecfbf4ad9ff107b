// Which of several kernels a node gets: by rule, by what is recorded, by measuring.

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "graph/graph.h"
#include "graph/sources.h"
#include "runtime/choose_kernel.h"
#include "runtime/compile.h"
#include "tests/runtime/toy_kernels.h"

namespace palimpsest::testing {
namespace {

using runtime::Kernel;
using runtime::KernelCandidate;
using runtime::KernelChoices;
using runtime::KernelRequest;
using runtime::Measuring;

class NamedKernel final : public Kernel {
 public:
  NamedKernel(std::string name, bool refuses) : name_(std::move(name)), refuses_(refuses) {}
  std::string algorithm() const override { return name_; }
  void run(const runtime::Launch& launch) override {
    // Measured times of a kernel that refuses its data are infinite.
    if (refuses_) throw NumericError("refused");
    *launch.result<float>() = *launch.input<float>(0);
  }

 private:
  std::string name_;
  bool refuses_;
};

KernelCandidate candidate(const std::string& name, bool refuses = false) {
  return {name, [=](const KernelRequest& /*request*/) {
            return std::make_unique<NamedKernel>(name, refuses);
          }};
}

KernelCandidate inapplicable(const std::string& name) {
  return {name, [](const KernelRequest& /*request*/) { return std::unique_ptr<Kernel>(); }};
}

/// The negation of one number, asked for in various ways.
struct Asked {
  Op op = Neg{};
  TensorType type{DType::f32, Shape{1}};
  std::array<TensorType, 1> inputs{type};
  std::array<const Literal*, 1> constants{};
  int threads = 1;
  bool reproducible = false;

  KernelRequest with(KernelChoices* choices) const {
    return {op, inputs, type, constants, threads, reproducible, nullptr, choices};
  }
  std::string chosen(const std::vector<KernelCandidate>& candidates, KernelChoices* choices) const {
    const auto kernel = runtime::chosen_kernel(with(choices), candidates);
    return kernel ? kernel->algorithm() : "none";
  }
};

}  // namespace

TEST_CASE("without choices the first kernel that applies is taken") {
  CHECK(Asked{}.chosen({inapplicable("a"), candidate("b"), candidate("c")}, nullptr) == "b");
  CHECK(Asked{}.chosen({inapplicable("a")}, nullptr) == "none");
}

TEST_CASE("a recorded choice is taken, and known to have been used") {
  const Asked asked;
  KernelChoices choices;
  const std::string key = runtime::choice_key(asked.with(&choices));
  choices.record(key, "c");
  choices.record("another", "b");
  CHECK(asked.chosen({candidate("a"), candidate("b"), candidate("c")}, &choices) == "c");
  CHECK(choices.all().at(key).used);
  CHECK_FALSE(choices.all().at("another").used);
}

TEST_CASE("a recorded name that is unknown or does not apply falls back to the rule") {
  const Asked asked;
  for (const char* name : {"c", "no such kernel", ""}) {
    CAPTURE(name);
    KernelChoices choices(Measuring::allowed);
    choices.record(runtime::choice_key(asked.with(&choices)), name);
    CHECK(asked.chosen({candidate("a"), candidate("b"), inapplicable("c")}, &choices) == "a");
  }
}

TEST_CASE("measuring records a kernel that is faster than the rule's, and takes it") {
  const Asked asked;
  KernelChoices choices(Measuring::allowed);
  const std::vector<KernelCandidate> candidates{candidate("a", true), inapplicable("b"),
                                                candidate("c"), candidate("d", true)};
  CHECK(asked.chosen(candidates, &choices) == "c");
  const KernelChoices::Choice& choice = choices.all().at(runtime::choice_key(asked.with(&choices)));
  CHECK(choice.algorithm == "c");
  CHECK(choice.source == KernelChoices::Source::measured);
  CHECK(choice.used);
}

TEST_CASE("nothing is recorded where measuring is refused or there is but one kernel") {
  KernelChoices refused, alone(Measuring::allowed);
  CHECK(Asked{}.chosen({candidate("a", true), candidate("b")}, &refused) == "a");
  CHECK(refused.all().empty());
  CHECK(Asked{}.chosen({inapplicable("a"), candidate("b")}, &alone) == "b");
  CHECK(alone.all().empty());
}

TEST_CASE("reproducible programs go by the rule, whatever is recorded") {
  Asked asked;
  asked.reproducible = true;
  KernelChoices choices(Measuring::allowed);
  choices.record(runtime::choice_key(asked.with(&choices)), "b");
  CHECK(asked.chosen({candidate("a"), candidate("b")}, &choices) == "a");
  KernelChoices empty(Measuring::allowed);
  CHECK(asked.chosen({candidate("a", true), candidate("b")}, &empty) == "a");
  CHECK(empty.all().empty());
}

TEST_CASE("keys tell primitives, types, constants and threads apart") {
  const auto key = [](const Asked& asked) { return runtime::choice_key(asked.with(nullptr)); };
  const std::string first = key({});
  CHECK(first == key({}));
  Asked other;
  other.op = Exp{};
  CHECK(key(other) != first);
  other = {};
  other.threads = 2;
  CHECK(key(other) != first);
  other = {};
  other.inputs[0] = {DType::f32, Shape{1, 1}};
  CHECK(key(other) != first);
  other = {};
  const Literal constant = Literal::filled({DType::f32, Shape{1}}, 1);
  other.constants[0] = &constant;
  CHECK(key(other) != first);
}

TEST_CASE("a program asks the choices of its options") {
  runtime::KernelTable table;
  table.add<Neg>([](const KernelRequest& request) {
    return runtime::chosen_kernel(request, std::array{candidate("a"), candidate("b")});
  });
  Function function;
  const Value x = function.graph->input({DType::f32, Shape{1}});
  function.inputs = {x};
  function.outputs = {function.graph->add(Neg{}, {x})};
  KernelChoices choices;
  choices.record(runtime::choice_key(Asked{}.with(nullptr)), "b");
  CHECK(runtime::compile(function, table, {.choices = &choices}).steps()[0].algorithm == "b");
  CHECK(runtime::compile(function, table).steps()[0].algorithm == "a");
}

}  // namespace palimpsest::testing
