#include "onnx_import/exporters.h"

#include <algorithm>
#include <cctype>

#include "graph/error.h"

namespace palimpsest::onnx_import {
namespace {

bool is_generated(std::string_view name) {
  if (name.starts_with("onnx::")) return true;
  return name.starts_with("val_") && name.size() > 4 &&
         std::all_of(name.begin() + 4, name.end(),
                     [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

template <class F>
std::ptrdiff_t count(const Model& model, F f) {
  return std::count_if(model.parameters.begin(), model.parameters.end(),
                       [&](const Parameter& parameter) { return f(parameter.name); });
}

}  // namespace

bool is_lifted_number(std::string_view name, const Shape& shape) {
  return shape.rank() == 0 && (is_generated(name) || name.starts_with("scalar_tensor_default"));
}

void warn_of_exporter(Model& model) {
  // The newer exporter keeps the filter's name and gives the convolution a bias named after it.
  const auto folded = [](std::string_view name) {
    return name.starts_with("onnx::Conv_") || name.ends_with(".weight_bias");
  };
  if (const auto convolutions = count(model, folded); convolutions > 0)
    model.warnings.push_back(
        text(convolutions,
             " parameters are named like onnx::Conv_N or x.weight_bias: "
             "BatchNormalization seems to be folded into the convolutions, whose gradients then "
             "differ from the client's; export with training=PRESERVE and "
             "do_constant_folding=False, or dynamo=True and optimize=False"));
  const auto renamed = [&](std::string_view name) { return is_generated(name) && !folded(name); };
  if (const auto others = count(model, renamed); others > 0)
    model.warnings.push_back(
        text(others,
             " parameters have names made by the exporter, which transposed or reshaped "
             "them; export with do_constant_folding=False, or dynamo=True and optimize=False"));
}

}  // namespace palimpsest::onnx_import
