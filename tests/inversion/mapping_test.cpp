#include "inversion/mapping.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// A model of parameters alone; `map_update` asks for no more. Values differ per parameter.
Model model_of(const std::vector<std::pair<std::string, Shape>>& parameters) {
  Model model;
  for (const auto& [name, shape] : parameters)
    model.parameters.push_back({name, model.parameters.size(),
                                uniform({DType::f32, shape}, 50 + model.parameters.size())});
  return model;
}

Model two_layers() {
  return model_of({{"conv.weight", {4, 2, 3, 3}},
                   {"conv.bias", {4}},
                   {"fc.weight", {3, 16}},
                   {"fc.bias", {3}}});
}

Literal gradient(const Shape& shape, std::uint64_t seed) {
  return uniform({DType::f32, shape}, seed);
}

Update gradients(const std::vector<NamedTensor>& tensors) {
  Update update;
  update.tensors = tensors;
  update.kind = SentKind::gradient;
  return update;
}

/// Element (o, i, h, w) of a filter at (h, w, i, o): what Keras holds.
Literal channels_last(const Literal& filter) {
  const Shape& s = filter.shape();
  const auto values = filter.values<float>();
  std::vector<float> out;
  for (std::int64_t h = 0; h < s[2]; ++h)
    for (std::int64_t w = 0; w < s[3]; ++w)
      for (std::int64_t i = 0; i < s[1]; ++i)
        for (std::int64_t o = 0; o < s[0]; ++o)
          out.push_back(values[static_cast<std::size_t>(((o * s[1] + i) * s[2] + h) * s[3] + w)]);
  return Literal::of<float>({s[2], s[3], s[1], s[0]}, out);
}

Literal transposed(const Literal& matrix) {
  const Shape& s = matrix.shape();
  const auto values = matrix.values<float>();
  std::vector<float> out;
  for (std::int64_t j = 0; j < s[1]; ++j)
    for (std::int64_t i = 0; i < s[0]; ++i)
      out.push_back(values[static_cast<std::size_t>(i * s[1] + j)]);
  return Literal::of<float>({s[1], s[0]}, out);
}

std::vector<MappingRule> rules_of(const MappedUpdate& mapped) {
  std::vector<MappingRule> rules;
  for (const MappingRow& row : mapped.rows) rules.push_back(row.rule);
  return rules;
}

bool mentions(const std::vector<std::string>& lines, std::string_view what) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("tensors are mapped by name, in any order") {
  const Model model = two_layers();
  const MappedUpdate mapped =
      map_update(model, gradients({{"fc.bias", gradient({3}, 1)},
                                   {"fc.weight", gradient({3, 16}, 2)},
                                   {"conv.bias", gradient({4}, 3)},
                                   {"conv.weight", gradient({4, 2, 3, 3}, 4)}}));
  CHECK(rules_of(mapped) == std::vector<MappingRule>(4, MappingRule::name));
  CHECK(*mapped.observed.tensors[0] == gradient({4, 2, 3, 3}, 4));
  CHECK(*mapped.observed.tensors[3] == gradient({3}, 1));
  CHECK(mapped.warnings.empty());
}

TEST_CASE("prefixes and suffixes that frameworks add do not count") {
  const Model model = two_layers();
  const MappedUpdate mapped =
      map_update(model, gradients({{"module.conv.weight", gradient({4, 2, 3, 3}, 4)},
                                   {"grad_conv.bias", gradient({4}, 3)},
                                   {"model/fc/weight:0", gradient({3, 16}, 2)},
                                   {"fc.bias.grad", gradient({3}, 1)}}));
  CHECK(mapped.rows[0].rule == MappingRule::normalized_name);
  CHECK(mapped.rows[1].source == "grad_conv.bias");
  CHECK(*mapped.observed.tensors[3] == gradient({3}, 1));
}

TEST_CASE("weights before training find their parameter by value, in any layout") {
  const Model model = two_layers();
  Update update;
  update.kind = SentKind::weights;
  update.before = {{"dense/kernel", transposed(model.parameters[2].initial)},
                   {"conv/kernel", channels_last(model.parameters[0].initial)},
                   {"dense/b", model.parameters[3].initial},
                   {"conv/b", model.parameters[1].initial}};
  for (const NamedTensor& before : update.before)
    update.tensors.emplace_back(before.first, gradient(before.second.shape(), 9));
  const MappedUpdate mapped = map_update(model, update);
  CHECK(rules_of(mapped) == std::vector<MappingRule>(4, MappingRule::value));
  CHECK(mapped.rows[0].layout == TensorLayout::channels_last);
  CHECK(mapped.rows[2].layout == TensorLayout::transposed);
  CHECK(mapped.observed.kind == UpdateKind::delta);
  // The delta lies in the parameter's layout: element (o, i) came from (i, o).
  const float sent = update.tensors[0].second.values<float>()[5 * 3 + 2];
  const float before = model.parameters[2].initial.values<float>()[2 * 16 + 5];
  CHECK(mapped.observed.tensors[2]->values<float>()[2 * 16 + 5] ==
        doctest::Approx(double(sent) - double(before)));
}

TEST_CASE("a list without names is mapped by order and shape, with a warning") {
  const Model model = two_layers();
  const MappedUpdate mapped = map_update(model, gradients({{"", gradient({4, 2, 3, 3}, 1)},
                                                           {"", gradient({4}, 2)},
                                                           {"", gradient({16, 3}, 3)},
                                                           {"", gradient({3}, 4)}}));
  CHECK(mapped.rows[2].source == "#2");
  CHECK(mapped.rows[2].layout == TensorLayout::transposed);
  CHECK(mapped.rows[2].rule == MappingRule::structure);
  CHECK(mentions(mapped.warnings, "by order and shape"));
}

TEST_CASE("shapes that occur once are mapped out of order") {
  const Model model = two_layers();
  const MappedUpdate mapped = map_update(model, gradients({{"d", gradient({3}, 4)},
                                                           {"a", gradient({4, 2, 3, 3}, 1)},
                                                           {"c", gradient({3, 16}, 3)},
                                                           {"b", gradient({4}, 2)}}));
  CHECK(mapped.rows[3].source == "d");
  CHECK(mapped.rows[1].source == "b");
}

TEST_CASE("equal shapes in an order that does not fit stop with the reason and the way out") {
  const Model model = model_of({{"a", {4}}, {"b", {4}}, {"c", {2, 3}}});
  const Update update =
      gradients({{"x", gradient({2, 3}, 1)}, {"y", gradient({4}, 2)}, {"z", gradient({4}, 3)}});
  CHECK_THROWS_WITH_AS(map_update(model, update), doctest::Contains("do not settle"), InputError);
  CHECK_THROWS_WITH_AS(map_update(model, update), doctest::Contains("do_constant_folding=False"),
                       InputError);
}

TEST_CASE("the user's map settles what the rules cannot") {
  const Model model = model_of({{"a", {4}}, {"b", {4}}, {"c", {2, 3}}});
  Update update =
      gradients({{"x", gradient({2, 3}, 1)}, {"y", gradient({4}, 2)}, {"z", gradient({4}, 3)}});
  update.map = {{"a", "z"}};
  const MappedUpdate mapped = map_update(model, update);
  CHECK(mapped.rows[0].rule == MappingRule::user);
  CHECK(*mapped.observed.tensors[0] == gradient({4}, 3));
  CHECK(*mapped.observed.tensors[1] == gradient({4}, 2));
  update.map = {{"a", "nowhere"}};
  CHECK_THROWS_WITH_AS(map_update(model, update), doctest::Contains("nowhere"), InputError);
}

TEST_CASE("running statistics of a state dict are kept apart, counters dropped") {
  Model model = model_of(
      {{"conv.weight", {2, 1, 3, 3}}, {"bn.weight", {2}}, {"bn.bias", {2}}, {"fc.weight", {3, 8}}});
  BatchNormSite& site = model.batch_norms.emplace_back();
  site.running_mean = gradient({2}, 1);
  site.running_variance = gradient({2}, 2);
  site.mean_name = "bn.running_mean";
  site.variance_name = "bn.running_var";
  const Literal counter = Literal::scalar<std::int64_t>(3);
  for (const bool named : {true, false}) {
    std::vector<NamedTensor> tensors{{"conv.weight", gradient({2, 1, 3, 3}, 1)},
                                     {"bn.weight", gradient({2}, 2)},
                                     {"bn.bias", gradient({2}, 3)},
                                     {"bn.running_mean", gradient({2}, 4)},
                                     {"bn.running_var", gradient({2}, 5)},
                                     {"bn.num_batches_tracked", counter},
                                     {"fc.weight", gradient({3, 8}, 6)}};
    if (!named)
      for (NamedTensor& tensor : tensors) tensor.first.clear();
    const MappedUpdate mapped = map_update(model, gradients(tensors));
    CHECK(*mapped.observed.tensors[2] == gradient({2}, 3));
    REQUIRE(mapped.buffers.size() == 2);
    CHECK(mapped.buffers[1].first == "bn.running_var");
    CHECK(mapped.buffers[1].second == gradient({2}, 5));
    CHECK(mentions(mapped.ignored, named ? "num_batches_tracked" : "#5"));
  }
}

TEST_CASE("square matrices follow the other matrices of the file") {
  const Model model = model_of({{"a", {5, 5}}, {"b", {3, 5}}});
  const MappedUpdate mapped =
      map_update(model, gradients({{"a", gradient({5, 5}, 1)}, {"b", gradient({5, 3}, 2)}}));
  CHECK(mapped.rows[0].layout == TensorLayout::transposed);
  CHECK(*mapped.observed.tensors[0] == transposed(gradient({5, 5}, 1)));
}

TEST_CASE("a square matrix alone is taken as it is, and said so") {
  const Model model = model_of({{"a", {5, 5}}});
  const MappedUpdate mapped = map_update(model, gradients({{"a", gradient({5, 5}, 1)}}));
  CHECK(mapped.rows[0].layout == TensorLayout::identity);
  CHECK(mentions(mapped.warnings, "more than one layout"));
}

TEST_CASE("a depthwise filter is brought from height, width, channel, multiplier") {
  Literal sent = gradient({3, 3, 4, 2}, 1);
  const Literal filter = in_parameter_layout(sent, TensorLayout::depthwise, {8, 1, 3, 3});
  // Channel 2, multiplier 1 is output 5; place (1, 2).
  CHECK(filter.values<float>()[5 * 9 + 1 * 3 + 2] ==
        sent.values<float>()[((1 * 3 + 2) * 4 + 2) * 2 + 1]);
}

TEST_CASE("missing parameters are masked, strays are listed") {
  const Model model = two_layers();
  const MappedUpdate frozen = map_update(model, gradients({{"fc.weight", gradient({3, 16}, 2)}}));
  CHECK_FALSE(frozen.observed.tensors[0].has_value());
  CHECK(frozen.missing == std::vector<std::string>{"conv.weight", "conv.bias", "fc.bias"});
  Update whole = gradients({});
  for (const Parameter& parameter : model.parameters)
    whole.tensors.emplace_back(parameter.name, parameter.initial);
  whole.tensors.emplace_back("learning_rate", gradient({1}, 1));
  CHECK(mentions(map_update(model, whole).ignored, "learning_rate"));
}

TEST_CASE("a difference of the other sign is turned round, a scale taken off") {
  const Model model = model_of({{"a", {2}}});
  Update update = gradients({{"a", Literal::of<float>({2}, std::vector<float>{4, -6})}});
  update.kind = SentKind::delta;
  update.sign = Sign::old_minus_new;
  update.scale = 2;
  const MappedUpdate mapped = map_update(model, update);
  CHECK(mapped.observed.kind == UpdateKind::delta);
  CHECK(mapped.observed.tensors[0]->doubles() == std::vector<double>{-2, 3});
}

TEST_CASE("tensors near the model's weights are taken as weights when nothing is said") {
  const Model model = two_layers();
  Update update;
  for (const Parameter& parameter : model.parameters) {
    std::vector<double> moved = parameter.initial.doubles();
    for (double& value : moved) value += 0.01;
    update.tensors.emplace_back(
        parameter.name,
        Literal::of<double>(parameter.initial.shape(), moved).converted(DType::f32));
  }
  const MappedUpdate mapped = map_update(model, update);
  CHECK(mapped.kind == SentKind::weights);
  CHECK(mentions(mapped.warnings, "taken as weights"));
  CHECK(mapped.observed.tensors[1]->doubles()[0] == doctest::Approx(0.01).epsilon(1e-4));
}

TEST_CASE("an update of another state of the model is pointed out") {
  const Model model = model_of({{"a", {2}}});
  Update update = gradients({{"a", gradient({2}, 1)}});
  update.before = {{"a", gradient({2}, 99)}};
  CHECK(mentions(map_update(model, update).warnings, "another state of the model"));
}

TEST_CASE("statistics of a BatchNormalization that the model lost are refused") {
  const Model model = two_layers();
  CHECK_THROWS_WITH_AS(map_update(model, gradients({{"bn.running_mean", gradient({4}, 1)}})),
                       doctest::Contains("folded"), InputError);
}

TEST_CASE("a tensor with NaN is refused with its name, count and first place") {
  const Model model = model_of({{"a", {4}}});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Update update =
      gradients({{"a", Literal::of<float>({4}, std::vector<float>{0, 1, nan, nan})}});
  CHECK_THROWS_WITH_AS(map_update(model, update),
                       doctest::Contains("'a' f32[4] has 2 entries that are NaN or infinite, the "
                                         "first at index 2"),
                       InputError);
}

TEST_CASE("a tensor of the right name and the wrong shape is refused") {
  const Model model = two_layers();
  CHECK_THROWS_WITH_AS(map_update(model, gradients({{"fc.bias", gradient({4}, 1)}})),
                       doctest::Contains("[3] expected, [4] came"), InputError);
}

TEST_CASE("the mapping prints one aligned line for each parameter") {
  const Model model = model_of({{"a", {2}}, {"long.name", {3}}});
  const std::string table = mapping_table(map_update(model, gradients({{"a", gradient({2}, 1)}})));
  CHECK(table ==
        "parameter  tensor  matched by             layout\n"
        "a          a       name                   as it is\n"
        "long.name  -       -                      -\n");
}

TEST_CASE("lint finds zero tensors and bias gradients that cross-entropy cannot make") {
  const Model model = sigmoid_network();
  Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({2}));
  CHECK(lint(model, problem.observed, problem.loss).empty());

  Observed negated = problem.observed;
  std::vector<double> bias = negated.tensors[5]->doubles();
  for (double& value : bias) value = -value;
  negated.tensors[5] = Literal::of<double>({4}, bias);
  CHECK(mentions(lint(model, negated, problem.loss), "sign of the update"));

  bias[0] += 1;
  negated.tensors[5] = Literal::of<double>({4}, bias);
  negated.tensors[0] = Literal::filled(negated.tensors[0]->type(), 0);
  CHECK(mentions(lint(model, negated, problem.loss), "sum to"));
  CHECK(mentions(lint(model, negated, problem.loss), "'conv1.weight' is all zero"));
}

}  // namespace palimpsest::inversion
