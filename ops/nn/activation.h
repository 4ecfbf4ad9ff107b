#pragma once
// Activation functions composed of primitives. Values and derivatives at kinks follow torch.

#include "graph/value.h"

namespace palimpsest::nn {

enum class GeluForm { exact, tanh };
/// Which derivative clip has where x equals a bound. torch's hardtanh and relu6 block the
/// cotangent; its clamp passed it in 1.13 and blocks it in 2.15. All export as ONNX Clip.
enum class ClipBorder { pass, block };

Value gelu(Value x, GeluForm form = GeluForm::exact);
Value silu(Value x);
Value mish(Value x);
Value softsign(Value x);
Value leaky_relu(Value x, double slope);
/// `slope` broadcasts to x.
Value prelu(Value x, Value slope);
Value elu(Value x, double alpha);
Value selu(Value x, double alpha, double gamma);
Value celu(Value x, double alpha);
/// max(0, min(1, slope * x + offset)); derivative 0 at both borders.
Value hard_sigmoid(Value x, double slope, double offset);
/// x hard_sigmoid(x, 1/6, 1/2); derivatives 0 at -3 and 1 at 3 (torch 2.15; 1.13 had -1/2, 3/2).
Value hard_swish(Value x);
Value thresholded_relu(Value x, double threshold);
Value shrink(Value x, double bias, double lambda);
/// min(max(x, low), high); a null bound is absent. Bounds broadcast to x.
Value clip(Value x, Value low, Value high, ClipBorder border = ClipBorder::block);

}  // namespace palimpsest::nn
