#pragma once
// Normalisations of [N, C, spatial...] and of trailing axes. Variances are population ones.

#include "graph/value.h"

namespace palimpsest::nn {

/// Mean and variance over all axes but the channel axis 1; each of shape [C].
struct Statistics {
  Value mean, variance;
};
Statistics batch_statistics(Value x);

/// scale * (x - mean) / sqrt(variance + epsilon) + bias; the four vectors have shape [C].
Value batch_norm(Value x, Value scale, Value bias, Value mean, Value variance, double epsilon);
/// Over all axes from `axis` on; scale and bias broadcast to x, bias may be null.
Value layer_norm(Value x, Value scale, Value bias, int axis, double epsilon);
/// Per sample and channel; scale and bias [C].
Value instance_norm(Value x, Value scale, Value bias, double epsilon);
/// Per sample and group of channels; scale and bias [C].
Value group_norm(Value x, Value scale, Value bias, std::int64_t groups, double epsilon);
/// Local response normalisation across channels (ONNX LRN).
Value lrn(Value x, std::int64_t size, double alpha, double beta, double bias);

}  // namespace palimpsest::nn
