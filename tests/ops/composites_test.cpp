// Values of the composites against those of torch 2.15 in f64, on x[i] = 2 sin(i + 1).

#include <cmath>
#include <limits>
#include <numbers>

#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/loss.h"
#include "ops/nn/norm.h"
#include "ops/nn/pool.h"
#include "ops/nn/reduce.h"
#include "ops/nn/softmax.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

Literal waves(const Shape& shape, double amplitude = 2) {
  Numbers values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = amplitude * std::sin(static_cast<double>(i + 1));
  return Literal::of(shape, values);
}

void check_close(const Numbers& actual, const Numbers& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    CHECK(std::abs(actual[i] - expected[i]) <= 8e-15 * std::max(1.0, std::abs(expected[i])));
}

struct Activation {
  const char* name;
  Value (*f)(Value);
  Numbers expected;  ///< at -2.5, -1, -0.25, 0.25, 1, 2.5
};

// clang-format off
const Activation activations[] = {
    {"gelu", [](Value x) { return nn::gelu(x); },
     {-0.015524163314440398, -0.15865525393145702, -0.10032341857926907, 0.14967658142073093, 0.84134474606854304, 2.4844758366855597}},
    {"gelu tanh", [](Value x) { return nn::gelu(x, nn::GeluForm::tanh); },
     {-0.015084266089998577, -0.15880800939172324, -0.100324649298315, 0.149675350701685, 0.84119199060827676, 2.4849157339100012}},
    {"silu", nn::silu,
     {-0.18964545005310887, -0.2689414213699951, -0.10945587477855048, 0.14054412522144952, 0.7310585786300049, 2.3103545499468914}},
    {"mish", nn::mish,
     {-0.19681620390653337, -0.30340146137410895, -0.129926963679141, 0.16957240966381759, 0.86509838826731034, 2.4713923045578809}},
    {"softsign", nn::softsign, {-2.5 / 3.5, -0.5, -0.2, 0.2, 0.5, 2.5 / 3.5}},
    {"selu", [](Value x) { return nn::selu(x, 1.6732632423543772, 1.0507009873554805); },
     {-1.6137857588732425, -1.1113307378125625, -0.38889019747811898, 0.26267524683887011, 1.0507009873554805, 2.6267524683887009}},
    {"elu", [](Value x) { return nn::elu(x, 0.7); },
     {-0.64254050096327087, -0.44248439117999033, -0.15483945185001657, 0.25, 1, 2.5}},
    {"celu", [](Value x) { return nn::celu(x, 1.3); },
     {-1.1099964758069947, -0.69761981999947209, -0.22743114292530323, 0.25, 1, 2.5}},
    {"hard_sigmoid", [](Value x) { return nn::hard_sigmoid(x, 1. / 6, 0.5); },
     {0.25 / 3, 1. / 3, 1.375 / 3, 1.625 / 3, 2. / 3, 2.75 / 3}},
    {"hard_swish", nn::hard_swish,
     {-0.20833333333333334, -0.33333333333333331, -0.11458333333333333, 0.13541666666666666, 0.66666666666666663, 2.2916666666666665}},
    {"leaky_relu", [](Value x) { return nn::leaky_relu(x, 0.1); }, {-0.25, -0.1, -0.025, 0.25, 1, 2.5}},
    {"prelu", [](Value x) { return nn::prelu(x, full_like(x, 0.5)); }, {-1.25, -0.5, -0.125, 0.25, 1, 2.5}},
    {"thresholded_relu", [](Value x) { return nn::thresholded_relu(x, 0.5); }, {0, 0, 0, 0, 1, 2.5}},
    {"shrink", [](Value x) { return nn::shrink(x, 0.25, 0.5); }, {-2.25, -0.75, 0, 0, 0.75, 2.25}},
    {"clip", [](Value x) { return nn::clip(x, full_like(x, -1), full_like(x, 0.5)); }, {-1, -1, -0.25, 0.25, 0.5, 0.5}},
    {"clip below", [](Value x) { return nn::clip(x, full_like(x, -1), {}); }, {-1, -1, -0.25, 0.25, 1, 2.5}},
};
// clang-format on

/// Scale and bias of the normalisations of [2, 4, 3].
struct Affine {
  Value x, scale, bias;
};

Affine affine(Trial& t) {
  return {t.input(waves({2, 4, 3})), t.vector({1, 2, 0.5, -1}), t.vector({0.1, 0.2, 0.3, 0.4})};
}

}  // namespace

TEST_CASE("activations have torch's values") {
  for (const Activation& activation : activations) {
    CAPTURE(activation.name);
    Trial t;
    check_close(t.numbers(activation.f(t.vector({-2.5, -1, -0.25, 0.25, 1, 2.5}))),
                activation.expected);
  }
}

TEST_CASE("batch_norm has torch's values") {
  Trial t;
  const auto [x, scale, bias] = affine(t);
  const Value mean = t.vector({0.1, -0.2, 0.3, 0}), variance = t.vector({1, 0.5, 2, 0.25});
  check_close(
      t.numbers(slice_axis(nn::batch_norm(x, scale, bias, mean, variance, 1e-3), 2, 0, 1)),
      {1.6821510917399869, -3.5117261145548087, 0.65840407210406082, 2.5717452878071163,
       0.83996418401058071, -0.86188032545491733, 0.29991319581834286, 0.43533463841308001});
}

TEST_CASE("batch_statistics are the mean and the population variance of each channel") {
  Trial t;
  const Value x = t.input(Literal::of<double>({2, 2, 1}, {1, 10, 3, 20}));
  CHECK(t.numbers(nn::batch_statistics(x).mean) == Numbers{2, 15});
  CHECK(t.numbers(nn::batch_statistics(x).variance) == Numbers{1, 25});
}

TEST_CASE("group_norm, instance_norm and layer_norm have torch's values") {
  Trial t;
  const auto [x, scale, bias] = affine(t);
  const auto ends = [&](Value y) { return t.numbers(slice_axis(y, 2, 0, 2, 2)); };
  check_close(ends(nn::group_norm(x, scale, bias, 2, 1e-3)),
              {1.2898424155963242, 0.3193908653214656, -1.8496571074554295, -0.52666059054711101,
               0.75478530737126859, 0.58622635294192138, 1.1438958241380344, 1.1336416543490822,
               0.66565870095706259, 0.98311667404341774, -0.62228762613026523, -1.8999616451053141,
               0.38829692897247586, 0.86676312886169893, 0.44457276023865305, 1.6940400329804683});
  check_close(ends(nn::instance_norm(x, scale, bias, 1e-3)),
              {0.70656176484355626, -1.3082507893320483, -0.44314402572985623, 2.9030316842691031,
               0.23848672925871475, -0.27792573312096391, -0.28802485261457755, -0.3223011268058929,
               -1.0362335883703155, -0.056404645108390009, 2.8891116621428941, -0.39781879473627779,
               -0.40344187473227822, 0.59619922289287419, -1.0106831437001511, 1.1777729107984418});
  const Value factors = t.input(waves({4, 3})), terms = t.input(waves({4, 3}, 1));
  check_close(ends(nn::layer_norm(x, factors, terms, -2, 1e-3)),
              {2.8216194945956876, 0.20020214736113434, 0.80342577588409037, -0.071823391295973357,
               1.8682135715664456, 0.89315429919897094, 0.25778644997950922, 0.24321783381417036,
               1.7829654490771147, 0.38905624450504905, -0.11777228139919281, 0.3152821407837087,
               0.89970470851234152, 1.3491337651020303, -0.50557995520920274, 0.83544085344822916});
  CHECK(t.numbers(nn::layer_norm(x, factors, {}, 1, 1e-3)) ==
        t.numbers(nn::layer_norm(x, factors, zeros_like(factors), 1, 1e-3)));
}

TEST_CASE("lrn has torch's values, and its even windows reach up as ONNX says") {
  Trial t;
  const Value x = t.input(waves({2, 4, 3}));
  check_close(
      t.numbers(slice_axis(nn::lrn(x, 3, 0.3, 0.75, 1.5), 2, 0, 1)),
      {0.99608142429012259, -0.84222215918984999, 0.77544504664488301, -0.70277691290661637,
       0.58965109902878132, -0.40234630342804795, 0.21660376319564706, -0.013002204643735082});
  const Value channels = t.input(Literal::of<double>({1, 3, 1}, {1, 2, 3}));
  CHECK(t.numbers(nn::lrn(channels, 2, 2, 1, 0)) == Numbers{1. / 5, 2. / 13, 3. / 9});
}

TEST_CASE("average_pool counts padding as asked, and never what ceil rounding adds") {
  Trial t;
  const Value x = t.input(waves({1, 1, 5, 4}));
  const WindowGeometry window =
      window_geometry(x.shape(), {3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, Rounding::ceil);
  check_close(t.numbers(nn::average_pool(x, window, nn::CountPadding::include)),
              {0.1138730308381142, 0.36900984149352567, 0.077518583771817862, 0.0090071097804074671,
               0.14207488686436862, 0.054960670652627185, -0.067024521362160361,
               0.36996157617907238, 0.20834731135418746});
  check_close(t.numbers(nn::average_pool(x, window, nn::CountPadding::exclude)),
              {0.25621431938575695, 0.5535147622402885, 0.23255575131545358, 0.013510664670611202,
               0.14207488686436862, 0.10992134130525437, -0.1508051730648608, 0.55494236426860855,
               0.62504193406256237});
}

TEST_CASE("global pooling keeps the spatial axes with extent 1") {
  Trial t;
  const Value x = t.input(Literal::of<double>({1, 2, 2, 2}, {1, 2, 3, 6, 9, 8, 7, 8}));
  CHECK(nn::global_average_pool(x).shape() == Shape{1, 2, 1, 1});
  CHECK(t.numbers(nn::global_average_pool(x)) == Numbers{3, 8});
  CHECK(nn::global_max_pool(x).shape() == Shape{1, 2, 1, 1});
  CHECK(t.numbers(nn::global_max_pool(x)) == Numbers{6, 9});
}

TEST_CASE("max_pool skips padding, also where all elements are negative") {
  Trial t;
  const Value x = t.input(Literal::of<double>({1, 1, 3}, {-3, -1, -2}));
  const WindowGeometry window = window_geometry(x.shape(), {2}, {1}, {1}, {1}, {1});
  CHECK(t.numbers(nn::max_pool(x, window)) == Numbers{-3, -1, -1, -2});
}

TEST_CASE("softmax sums to 1 and survives large logits") {
  Trial t;
  const Value x = t.vector({1000, 1001, -1e300});
  const double first = 1 / (1 + std::numbers::e), tail = std::log1p(std::exp(-1.0));
  check_close(t.numbers(nn::softmax(x, 0)), {first, 1 - first, 0});
  check_close(t.numbers(slice_axis(nn::log_softmax(x, -1), 0, 0, 2)), {-1 - tail, -tail});
  check_close(t.numbers(nn::logsumexp(x)), {1001 + tail});
}

TEST_CASE("logsumexp of nothing but -inf is -inf") {
  Trial t;
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(t.numbers(nn::logsumexp(t.vector({-inf, -inf}))) == Numbers{-inf});
}

TEST_CASE("losses have torch's values") {
  using nn::Reduction;
  Trial t;
  const Value x = t.input(waves({3, 4}));
  const Value labels = t.constant(Literal::of<std::int64_t>({3}, {2, 0, 3}));
  const Value soft = nn::softmax(t.input(waves({3, 4}, 1)), 1), odds = sigmoid(x * 0.7);
  check_close(t.numbers(nn::cross_entropy(x, labels, Reduction::mean)), {2.9558374848049991});
  check_close(t.numbers(nn::cross_entropy(x, labels, Reduction::sum)), {8.8675124544149977});
  check_close(t.numbers(nn::soft_cross_entropy(x, soft, Reduction::mean)), {1.3303847805103399});
  check_close(t.numbers(nn::soft_cross_entropy(x, soft, Reduction::sum)), {3.9911543415310198});
  check_close(t.numbers(nn::bce_with_logits(x, odds, Reduction::mean)), {0.60000112404527117});
  check_close(t.numbers(nn::bce_with_logits(x, odds, Reduction::sum)), {7.2000134885432541});
  check_close(t.numbers(nn::mse(x, soft, Reduction::mean)), {1.8188013871061166});
  check_close(t.numbers(nn::mse(x, soft, Reduction::sum)), {21.825616645273399});
}

TEST_CASE("losses over further axes average over them as well") {
  Trial t;
  const Value x = t.input(waves({2, 3, 2}));
  const Value labels = t.constant(Literal::of<std::int64_t>({2, 2}, {0, 2, 1, 1}));
  const Value soft = nn::softmax(x * 0.5, 1);
  check_close(t.numbers(nn::cross_entropy(x, labels, nn::Reduction::mean)), {1.72168069891273});
  check_close(t.numbers(nn::soft_cross_entropy(x, soft, nn::Reduction::mean)),
              {1.0187616658578382});
  CHECK_THROWS_AS(nn::cross_entropy(x, reshape(labels, {4}), nn::Reduction::mean), ShapeError);
}

TEST_CASE("binary cross-entropy keeps its digits when it is tiny") {
  Trial t;
  const Value x = t.vector({40, -40}), target = t.vector({1, 0});
  const double tiny = std::log1p(std::exp(-40.0));
  check_close(t.numbers(nn::bce_with_logits(x, target, nn::Reduction::sum) / tiny), {2});
}

TEST_CASE("one_hot puts the class axis at 1") {
  Trial t;
  const Value labels = t.constant(Literal::of<std::int64_t>({1, 2}, {2, 0}));
  const Value hot = nn::one_hot(labels, 3, DType::f64);
  CHECK(hot.shape() == Shape{1, 3, 2});
  CHECK(t.numbers(hot) == Numbers{0, 1, 0, 0, 1, 0});
}

TEST_CASE("products, running products and variances are those of their definitions") {
  Trial t;
  const Value x = t.input(Literal::of<double>({2, 5}, {1, 2, 3, 4, 5, 2, 0, 1, 3, -1}));
  CHECK(t.numbers(nn::reduce_prod(x, {1})) == Numbers{120, 0});
  CHECK(t.numbers(nn::reduce_prod(x)) == Numbers{0});
  CHECK(t.numbers(nn::cumprod(x, 1)) == Numbers{1, 2, 6, 24, 120, 2, 0, 0, 0, -0.0});
  CHECK(t.numbers(nn::variance(x, {1})) == Numbers{2, 2});
  CHECK(t.numbers(nn::global_norm(std::array{x, x})) == Numbers{std::sqrt(140.0)});
  const Value nothing = slice_axis(x, 1, 0, 0);
  CHECK(t.numbers(nn::reduce_prod(nothing, {1})) == Numbers{1, 1});
}

TEST_CASE("extrema of integers cover the whole range") {
  Trial t;
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::lowest();
  const Value x = t.constant(Literal::of<std::int64_t>({3}, {5, lowest, 7}));
  CHECK(t.value(nn::reduce_min(x)).integers() == std::vector<std::int64_t>{lowest});
  CHECK(t.value(nn::reduce_max(x)).integers() == std::vector<std::int64_t>{7});
}

}  // namespace palimpsest::testing
