#include "inversion/forward_rows.h"

#include <algorithm>
#include <cstring>

#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

TensorType input_type(const Model& model, std::size_t k) {
  return model.function.inputs[model.data[k].input].type();
}

/// The data inputs -> the value, with the parameters as constants.
Function forward_function(const Model& model, Value value) {
  Function function;
  std::vector<Value> arguments(model.function.inputs.size());
  for (std::size_t k = 0; k < model.data.size(); ++k) {
    function.inputs.push_back(function.graph->input(input_type(model, k), model.data[k].name));
    arguments[model.data[k].input] = function.inputs.back();
  }
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = function.graph->constant(parameter.initial);
  function.outputs = inlined(*function.graph, model.function, arguments, std::vector<Value>{value});
  return function;
}

/// N, common to all data.
std::int64_t examples_of(const Model& model, std::span<const Literal> data) {
  if (data.size() != model.data.size() || data.empty())
    throw InputError(text("forward pass: ", model.data.size(), " data inputs of the model, ",
                          data.size(), " came"));
  const std::int64_t examples = data.front().shape().rank() == 0 ? 0 : data.front().shape()[0];
  for (std::size_t k = 0; k < data.size(); ++k) {
    const TensorType type = input_type(model, k);
    if (examples < 1 || type.shape.rank() == 0 || data[k].dtype() != type.dtype ||
        !(data[k].shape() == type.shape.with(0, examples)))
      throw InputError(text("forward pass: input '", model.data[k].name, "': examples of ", type,
                            " expected, ", data[k].type(), " came"));
  }
  return examples;
}

/// Copies `count` rows from `first` on, the last one again and again beyond `examples`.
void fill(std::span<std::byte> target, const Literal& source, std::int64_t first,
          std::int64_t count, std::int64_t examples) {
  const std::size_t bytes = target.size() / static_cast<std::size_t>(count);
  for (std::int64_t row = 0; row < count; ++row) {
    const auto from = static_cast<std::size_t>(std::min(first + row, examples - 1));
    std::memcpy(target.data() + static_cast<std::size_t>(row) * bytes,
                source.bytes() + from * bytes, bytes);
  }
}

}  // namespace

Literal forward_rows(const Model& model, Value value, std::span<const Literal> data,
                     const runtime::KernelTable& kernels, int threads) {
  const std::int64_t examples = examples_of(model, data);
  const std::int64_t batch = input_type(model, 0).shape[0];
  const std::int64_t elements = value.shape().elements();
  if (batch < 1 || elements == 0 || elements % batch != 0)
    throw UnsupportedError(text("forward pass: a result with one row for each of ", batch,
                                " examples expected, ", value.type(), " came"));
  passes::PassLog log;
  const Function function =
      passes::optimize(forward_function(model, value), runtime::evaluator(kernels), log);
  runtime::Program program = runtime::compile(function, kernels, {.threads = threads});

  const TensorType type{value.dtype(), {examples, elements / batch}};
  const std::shared_ptr<std::byte> result = Literal::allocate(type);
  const std::size_t row_bytes = type.bytes() / static_cast<std::size_t>(examples);
  for (std::int64_t first = 0; first < examples; first += batch) {
    for (std::size_t k = 0; k < data.size(); ++k)
      fill(program.input(k), data[k], first, batch, examples);
    program.run();
    const auto rows = static_cast<std::size_t>(std::min(batch, examples - first));
    std::memcpy(result.get() + static_cast<std::size_t>(first) * row_bytes,
                program.output(0).data(), rows * row_bytes);
  }
  return Literal(type, result);
}

}  // namespace palimpsest::inversion
