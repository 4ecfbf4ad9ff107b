#include "inversion/transform.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "autodiff/autodiff.h"
#include "inversion/defense/undone_by.h"
#include "inversion/derivative.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::kernels;
using Numbers = std::vector<double>;

Literal vector(const Numbers& values) {
  return Literal::of<double>({static_cast<std::int64_t>(values.size())}, values);
}

/// The transform of two tensors, and what it pulls fixed directions back to, in closed form and by
/// autodiff.
struct Found {
  std::array<Numbers, 2> update, pulled, derived;
};

Found found(Transform transform, const std::array<Numbers, 2>& candidate,
            const std::vector<Literal>& observed) {
  Function function;
  std::vector<Literal> values;
  std::vector<Value> directions;
  for (const Numbers& tensor : candidate) {
    values.push_back(vector(tensor));
    function.inputs.push_back(function.graph->input(values.back().type()));
    Numbers direction = tensor;
    for (std::size_t i = 0; i < direction.size(); ++i) direction[i] = 0.3 + double(i);
    directions.push_back(function.graph->constant(vector(direction)));
  }
  const Transformed made = transformed(transform, function.inputs, observed);
  function.outputs = made.update;
  for (const Value value : made.pulled_back(directions)) function.outputs.push_back(value);
  for (const Value value : autodiff::vjp(made.update, directions, function.inputs))
    function.outputs.push_back(value);
  const auto out = runtime::evaluate(function, values, kernels());
  Found result;
  for (std::size_t k = 0; k < 2; ++k) {
    result.update[k] = out[k].doubles();
    result.pulled[k] = out[2 + k].doubles();
    result.derived[k] = out[4 + k].doubles();
  }
  return result;
}

void check_pulled_back(const Found& found) {
  for (std::size_t k = 0; k < 2; ++k)
    for (std::size_t i = 0; i < found.pulled[k].size(); ++i)
      CHECK(std::abs(found.pulled[k][i] - found.derived[k][i]) < 1e-14);
}

constexpr Transform all[] = {Transform::none, Transform::clipping, Transform::layer_clipping,
                             Transform::observed_support};

}  // namespace

TEST_CASE("every transform pulls directions back as its derivative does") {
  const std::vector<Literal> observed{vector({1, 0, 0.5}), vector({0, 2})};
  for (const Transform transform : all)
    check_pulled_back(found(transform, {Numbers{2, -1, 3}, Numbers{0.5, 4}}, observed));
}

TEST_CASE("a candidate is clipped to the norm that was observed, and a shorter one stays") {
  const std::vector<Literal> observed{vector({3, 0}), vector({4})};
  const Found longer = found(Transform::clipping, {Numbers{6, 0}, Numbers{8}}, observed);
  CHECK(longer.update[0][0] == doctest::Approx(3));
  CHECK(longer.update[1][0] == doctest::Approx(4));
  const Found shorter = found(Transform::clipping, {Numbers{1, 1}, Numbers{-1}}, observed);
  CHECK(shorter.update[0] == Numbers{1, 1});
  CHECK(shorter.update[1] == Numbers{-1});
}

TEST_CASE("clipping by layer treats each tensor alone") {
  const std::vector<Literal> observed{vector({3, 0}), vector({40})};
  const Found made = found(Transform::layer_clipping, {Numbers{6, 8}, Numbers{8}}, observed);
  CHECK(made.update[0][0] == doctest::Approx(1.8));
  CHECK(made.update[0][1] == doctest::Approx(2.4));
  CHECK(made.update[1] == Numbers{8});
}

TEST_CASE("what was observed as zero is left out of the candidate") {
  const Found made = found(Transform::observed_support, {Numbers{6, 8}, Numbers{5}},
                           {vector({0, -1e-30}), vector({2})});
  CHECK(made.update[0] == Numbers{0, 8});
  CHECK(made.update[1] == Numbers{5});
}

TEST_CASE("what undoes a defence follows from its kind, zeros before bounds") {
  const auto against = [](const std::vector<Defense>& defenses) {
    return transform_against(defenses);
  };
  CHECK(against({}) == Transform::none);
  CHECK(against({GaussianNoise{0.1}, Quantization{}}) == Transform::none);
  CHECK(against({Clipping{1, Scope::all}, GaussianNoise{0.1}}) == Transform::clipping);
  CHECK(against({Clipping{1, Scope::tensor}}) == Transform::layer_clipping);
  CHECK(against({Clipping{1, Scope::all}, Soteria{0.5}}) == Transform::observed_support);
}

TEST_CASE("a recorded transform is the problem's own") {
  const Model model = small_models::sigmoid_network({.dtype = DType::f64});
  Problem problem = small_models::observed_problem(
      model, {}, small_models::picture(images_type(model, 1)), small_models::labels({2}));
  // Half of every tensor was sent as zero.
  for (std::optional<Literal>& tensor : problem.observed.tensors) {
    Numbers values = tensor->doubles();
    for (std::size_t i = 0; i < values.size(); i += 2) values[i] = 0;
    tensor = Literal::of<double>(tensor->shape(), values);
  }
  problem.known_transform = Transform::observed_support;
  AttackSpec spec = inverting_gradients();
  spec.labels = LabelSource::given;
  problem.targets = small_models::labels({2});
  spec.start_images = small_models::picture(images_type(model, 1));
  const auto matching = [&](Transform transform) {
    spec.objective.transform = transform;
    return derivative_at_start(problem, spec, {.kernels = &kernels()}).matching;
  };
  CHECK(matching(Transform::recorded) < 1e-12);
  CHECK(matching(Transform::none) > 0.1);
}

}  // namespace palimpsest::inversion
