#pragma once
// Small classifiers as ONNX bytes, imported: fully connected layers on flattened images, the way
// exporters write them.

#include <string>
#include <vector>

#include "graph/model.h"

namespace palimpsest::testing {

struct GemmModelSpec {
  std::int64_t batch = 1, side = 4, hidden = 12, classes = 5;
  DType dtype = DType::f64;
  std::string activation = "Relu";
  bool channels_last =
      false;              ///< x is [N, H, W, 3] and transposed to [N, 3, H, W], else [N, 1, H, W]
  bool rescaled = false;  ///< (x - 0.5) / 0.25 is part of the model
  bool bias = true;       ///< of the first layer
  bool matmul = false;    ///< the first layer is MatMul [inputs, hidden] and Add instead of Gemm
  std::vector<float> first_weight{}, first_bias{}, second_weight{};  ///< empty: U(-0.5, 0.5)
};

/// x -> ... -> Flatten -> "first" (hidden) -> activation -> "second" (classes).
std::string gemm_model_bytes(const GemmModelSpec& spec);
Model gemm_model(const GemmModelSpec& spec);

/// An imprint layer's weight and bias (Fowl et al. 2022): every row asks for the mean of the
/// `inputs`; thresholds divide [low, high] evenly. The second layer treats all units alike.
GemmModelSpec imprint_spec(GemmModelSpec spec, float low, float high);

}  // namespace palimpsest::testing
