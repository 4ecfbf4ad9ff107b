// Test rows of the composites. They have no rule of their own; here the rules of many
// primitives meet in the forms that models use.

#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/loss.h"
#include "ops/nn/norm.h"
#include "ops/nn/pool.h"
#include "ops/nn/reduce.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"
#include "tests/support/sliding_sample.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 10;

using Unary = Value (*)(Value);

/// f(x) where |x| is in [0.1, 2] and away from other kinks of the activations at 1, 3 and 0.5.
template <Unary f>
Case activation(Sampler& s) {
  Case c;
  const auto smooth = [](double x) {
    for (const double kink : {0.0, 0.5, 1.0, 3.0})
      if (std::abs(std::abs(x) - kink) < 0.05) return false;
    return true;
  };
  c.function.outputs = {f(c.input(s.tensor(s.shape(2, 1, 3), -4, 4, smooth)))};
  return c;
}

Value gelu_exact(Value x) { return nn::gelu(x); }
Value gelu_tanh(Value x) { return nn::gelu(x, nn::GeluForm::tanh); }
Value leaky_relu(Value x) { return nn::leaky_relu(x, 0.01); }
Value elu(Value x) { return nn::elu(x, 0.7); }
Value selu(Value x) { return nn::selu(x, 1.6732632423543772, 1.0507009873554805); }
Value celu(Value x) { return nn::celu(x, 1.3); }
Value hard_sigmoid(Value x) { return nn::hard_sigmoid(x, 1.0 / 6, 0.5); }
Value thresholded_relu(Value x) { return nn::thresholded_relu(x, 1.0); }
Value shrink(Value x) { return nn::shrink(x, 0.2, 0.5); }
Value clip(Value x) { return nn::clip(x, full_like(x, -1), full_like(x, 3)); }

/// One input [N, C, ...] with C and the extents at least 2, values distinct.
Value features(Case& c, Sampler& s, int rank) { return c.input(s.distinct(s.shape(rank, 2, 3))); }

template <Value (*f)(Value, std::vector<int>)>
Case reduction(Sampler& s) {
  Case c;
  const int rank = static_cast<int>(s.integer(1, 3));
  const Value x = features(c, s, rank);
  c.function.outputs = {f(x, s.axes(rank))};
  return c;
}

template <Value (*f)(Value, int)>
Case along_axis(Sampler& s) {
  Case c;
  const int rank = static_cast<int>(s.integer(1, 3));
  const Value x = features(c, s, rank);
  c.function.outputs = {f(x, static_cast<int>(s.integer(0, rank - 1)))};
  return c;
}

Case global_norm(Sampler& s) {
  Case c;
  const std::vector<Value> values{features(c, s, 1), features(c, s, 2)};
  c.function.outputs = {nn::global_norm(values)};
  return c;
}

Value channels(Case& c, Sampler& s, Value x) { return c.input(s.tensor({x.shape()[1]}, 0.5, 1.5)); }

/// What is normalised has at least 3 elements: of 2 the result is +-1 and nearly constant, and
/// relative errors of its derivatives measure the cancellation alone.
Value samples_of(Case& c, Sampler& s, int rank) { return c.input(s.distinct(s.shape(rank, 3, 4))); }

Case batch_norm(Sampler& s) {
  Case c;
  const Value x = samples_of(c, s, static_cast<int>(s.integer(2, 3)));
  const Value scale = channels(c, s, x), bias = channels(c, s, x);
  const nn::Statistics batch = nn::batch_statistics(x);
  c.function.outputs = {nn::batch_norm(x, scale, bias, batch.mean, batch.variance, 1e-3)};
  return c;
}

Case layer_norm(Sampler& s) {
  Case c;
  const Value x = samples_of(c, s, 2);
  const Value scale = channels(c, s, x), bias = channels(c, s, x);
  c.function.outputs = {nn::layer_norm(x, scale, bias, 1, 1e-3)};
  return c;
}

Case instance_norm(Sampler& s) {
  Case c;
  const Value x = samples_of(c, s, 3);
  const Value scale = channels(c, s, x), bias = channels(c, s, x);
  c.function.outputs = {nn::instance_norm(x, scale, bias, 1e-3)};
  return c;
}

Case group_norm(Sampler& s) {
  Case c;
  const Value x = c.input(s.distinct(s.shape(3, 3, 4).with(1, 4)));
  const Value scale = channels(c, s, x), bias = channels(c, s, x);
  c.function.outputs = {nn::group_norm(x, scale, bias, s.one_of<std::int64_t>({1, 2}), 1e-3)};
  return c;
}

Case lrn(Sampler& s) {
  Case c;
  const Value x = c.input(s.tensor(s.shape(3, 2, 3).with(1, 4), -1, 1));
  c.function.outputs = {nn::lrn(x, s.integer(2, 4), 0.5, 0.75, 1.0)};
  return c;
}

WindowGeometry pooling(Sampler& s) {
  const SlidingSample w = sliding_sample(s, 2);
  return window_geometry(with_channels(1, 2, w.extent), w.size, w.stride, w.dilation, w.pad_low,
                         w.pad_high, s.one_of({Rounding::floor, Rounding::ceil}));
}

Case max_pool(Sampler& s) {
  Case c;
  const WindowGeometry g = pooling(s);
  const Value x = c.input(s.distinct(g.input));
  c.function.outputs = {nn::max_pool(x * x * x, g)};
  return c;
}

Case average_pool(Sampler& s) {
  Case c;
  const WindowGeometry g = pooling(s);
  const Value x = c.input(s.distinct(g.input));
  c.function.outputs = {
      nn::average_pool(x * x, g, s.one_of({nn::CountPadding::exclude, nn::CountPadding::include}))};
  return c;
}

template <Value (*f)(Value)>
Case global_pool(Sampler& s) {
  Case c;
  const Value x = features(c, s, 4);
  c.function.outputs = {f(x * x * x)};
  return c;
}

nn::Reduction any_reduction(Sampler& s) {
  return s.one_of({nn::Reduction::mean, nn::Reduction::sum});
}

/// Losses against class labels: logits [N, C] or [N, C, extra].
template <Value (*f)(Value, Value, nn::Reduction)>
Case label_loss(Sampler& s) {
  Case c;
  const Value x = features(c, s, static_cast<int>(s.integer(2, 3)));
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  extents.erase(extents.begin() + 1);
  const Value labels = c.constant(s.indices(Shape(extents), x.shape()[1]));
  c.function.outputs = {f(x, labels, any_reduction(s)) * 2.0};
  return c;
}

/// Losses against targets of the prediction's shape, which are variables too.
template <Value (*f)(Value, Value, nn::Reduction)>
Case target_loss(Sampler& s) {
  Case c;
  const Value x = features(c, s, 2);
  const Value targets = c.input(s.tensor(x.shape(), 0.1, 0.9));
  c.function.outputs = {f(x, targets, any_reduction(s))};
  return c;
}

void add_activations(Rows& rows) {
  rows.add("gelu", "exact", samples, activation<gelu_exact>);
  rows.add("gelu", "tanh", samples, activation<gelu_tanh>);
  rows.add("silu", "smooth", samples, activation<nn::silu>);
  rows.add("mish", "smooth", samples, activation<nn::mish>);
  rows.add("softsign", "off the kink", samples, activation<nn::softsign>);
  rows.add("leaky_relu", "off the kink", samples, activation<leaky_relu>);
  rows.add("elu", "off the kink", samples, activation<elu>);
  rows.add("selu", "off the kink", samples, activation<selu>);
  rows.add("celu", "off the kink", samples, activation<celu>);
  rows.add("hard_sigmoid", "off the kinks", samples, activation<hard_sigmoid>);
  rows.add("hard_swish", "off the kinks", samples, activation<nn::hard_swish>);
  rows.add("thresholded_relu", "off the kink", samples, activation<thresholded_relu>);
  rows.add("shrink", "off the kinks", samples, activation<shrink>);
  rows.add("clip", "off the kinks", samples, activation<clip>);
}

void add_reductions(Rows& rows) {
  rows.add("mean", "some axes", samples, reduction<nn::mean>);
  rows.add("variance", "some axes", samples, reduction<nn::variance>);
  rows.add("reduce_max", "distinct", samples, reduction<nn::reduce_max>);
  rows.add("reduce_min", "distinct", samples, reduction<nn::reduce_min>);
  rows.add("reduce_prod", "some axes", samples, reduction<nn::reduce_prod>);
  rows.add("logsumexp", "some axes", samples, reduction<nn::logsumexp>);
  rows.add("l2_norm", "some axes", samples, reduction<nn::l2_norm>);
  rows.add("global_norm", "two tensors", samples, global_norm);
  rows.add("cumprod", "one axis", samples, along_axis<nn::cumprod>);
  rows.add("softmax", "one axis", samples, along_axis<nn::softmax>);
  rows.add("log_softmax", "one axis", samples, along_axis<nn::log_softmax>);
}

void add_normalisations(Rows& rows) {
  rows.add("batch_norm", "training", samples, batch_norm);
  rows.add("layer_norm", "last axis", samples, layer_norm);
  rows.add("instance_norm", "1-d", samples, instance_norm);
  rows.add("group_norm", "1-d", samples, group_norm);
  rows.add("lrn", "channels", samples, lrn);
}

}  // namespace

void add_composite_cases(Rows& rows) {
  add_activations(rows);
  add_reductions(rows);
  add_normalisations(rows);
  rows.add("max_pool", "2-d", 30, max_pool);
  rows.add("average_pool", "2-d", 30, average_pool);
  rows.add("global_average_pool", "2-d", samples, global_pool<nn::global_average_pool>);
  rows.add("global_max_pool", "2-d", samples, global_pool<nn::global_max_pool>);
  rows.add("cross_entropy", "labels", samples, label_loss<nn::cross_entropy>);
  rows.add("nll", "labels", samples, label_loss<nn::nll>);
  rows.add("soft_cross_entropy", "targets", samples, target_loss<nn::soft_cross_entropy>);
  rows.add("soft_nll", "targets", samples, target_loss<nn::soft_nll>);
  rows.add("bce_with_logits", "targets", samples, target_loss<nn::bce_with_logits>);
  rows.add("mse", "targets", samples, target_loss<nn::mse>);
}

}  // namespace palimpsest::testing
