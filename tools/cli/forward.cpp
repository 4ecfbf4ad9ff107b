#include "tools/cli/forward.h"

#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"

namespace palimpsest::tools {
namespace {

enum class Fix { none, integers, all };

onnx_import::ImportOptions fitted(onnx_import::ImportOptions options,
                                  const std::vector<NamedTensor>& inputs, Fix fix) {
  for (const auto& [name, tensor] : inputs) {
    if (name.empty()) continue;  // its input is known only once the model is imported
    if (fix == Fix::all || (fix == Fix::integers && !is_float(tensor.dtype())))
      options.fixed.insert_or_assign(name, tensor);
    else
      options.shapes.insert_or_assign(name, tensor.shape());
  }
  return options;
}

/// The first import that the model allows.
Model load_for(const std::filesystem::path& path, const onnx_import::ImportOptions& options,
               const std::vector<NamedTensor>& inputs, const Evaluator& evaluator) {
  for (const Fix fix : {Fix::none, Fix::integers}) {
    try {
      return onnx_import::load(path, fitted(options, inputs, fix), evaluator);
    } catch (const UnsupportedError&) {
      continue;
    }
  }
  return onnx_import::load(path, fitted(options, inputs, Fix::all), evaluator);
}

const Literal& tensor_for(const DataInput& data, const std::vector<NamedTensor>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, tensor] = inputs[i];
    if (name.empty() ? i == data.input : name == data.name) return tensor;
  }
  throw InputError(text("input '", data.name, "': no tensor of that name was given"));
}

std::vector<Literal> arguments_of(const Model& model, const std::vector<NamedTensor>& inputs) {
  std::vector<Literal> arguments(model.function.inputs.size());
  for (const DataInput& data : model.data)
    arguments[data.input] =
        tensor_for(data, inputs).converted(model.function.inputs[data.input].dtype());
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = parameter.initial;
  return arguments;
}

}  // namespace

ForwardResult forward(const std::filesystem::path& path, const onnx_import::ImportOptions& options,
                      const std::vector<NamedTensor>& inputs, int threads) {
  const runtime::KernelTable kernels = all_cpu_kernels();
  const Model model = load_for(path, options, inputs, runtime::evaluator(kernels));
  return {model.output_names,
          runtime::evaluate(model.function, arguments_of(model, inputs), kernels, threads)};
}

}  // namespace palimpsest::tools
