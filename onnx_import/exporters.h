#pragma once
// Habits of exporters that change what a model's parameters are, told by the names they leave.

#include <string_view>

#include "graph/model.h"

namespace palimpsest::onnx_import {

/// A number that the exporter lifted out of the code, not a tensor that was trained: rank 0 and
/// named by the exporter ("val_12", "scalar_tensor_default_3", "onnx::Mul_7").
bool is_lifted_number(std::string_view name, const Shape& shape);

/// Warns of BatchNormalization folded into convolutions and of parameters that lost their names.
void warn_of_exporter(Model& model);

}  // namespace palimpsest::onnx_import
