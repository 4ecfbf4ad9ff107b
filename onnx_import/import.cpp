#include "onnx_import/import.h"

#include "graph/verify.h"
#include "onnx_import/classifier.h"
#include "onnx_import/decode.h"
#include "onnx_import/exporters.h"
#include "onnx_import/file.h"
#include "onnx_import/inputs.h"
#include "onnx_import/nodes/nodes.h"
#include "onnx_import/settle.h"

namespace palimpsest::onnx_import {
namespace {

void describe(Model& model, const wire::Model& file, const Opsets& opsets) {
  model.producer = file.producer_name();
  if (!file.producer_version().empty()) model.producer += " " + file.producer_version();
  model.opset = opsets.version({});
  if (model.opset > newest_opset)
    model.warnings.push_back(text("opset ", model.opset, " is newer than ", newest_opset,
                                  "; operators are taken as of that one"));
}

std::map<std::string, std::size_t> initializer_order(const wire::Graph& graph) {
  std::map<std::string, std::size_t> order;
  for (const wire::Tensor& tensor : graph.initializer()) order.emplace(tensor.name(), order.size());
  return order;
}

Model imported(const wire::Model& file, ExternalData external, const ImportOptions& options,
               const Evaluator& evaluate) {
  if (!is_float(options.dtype))
    throw InputError(text("import: f32 or f64 expected, ", options.dtype, " came"));
  if (!file.has_graph()) throw ImportError("the file holds no graph");
  const Opsets opsets = Opsets::of(file.opset_import(), "model");
  const Functions functions(file);
  const NodeTable table = all_nodes();

  Model model;
  Graph& draft = *model.function.graph;
  Parameters parameters(draft);
  Known known(draft, parameters, evaluate);
  TensorReader tensors(std::move(external), options.max_bytes);
  Session session{options, draft, parameters, known, tensors, table, functions, model};
  Scope scope;
  const Attributes::Bindings no_bindings;
  Body body{scope, opsets, no_bindings};

  describe(model, file, opsets);
  define_initializers(body, file.graph());
  const std::vector<Value> data = define_inputs(session, body, file.graph());
  for (const wire::ValueInfo& output : file.graph().output())
    model.output_names.push_back(output.name());
  lower_nodes(session, body, file.graph().node(), model.output_names);
  for (const std::string& name : model.output_names)
    model.function.outputs.push_back(resolve(session, body, name, "outputs"));
  find_classifier(session, body, file.graph());
  settle(model, data, parameters, initializer_order(file.graph()));
  warn_of_exporter(model);
  verify(model.function);
  return model;
}

/// Words the file before any error of its import.
template <class F>
auto naming(const std::filesystem::path& path, F f) {
  const auto worded = [&](const Error& error) { return text(path.string(), ": ", error.what()); };
  try {
    return f();
  } catch (const ImportError& error) {
    throw ImportError(worded(error));
  } catch (const UnsupportedError& error) {
    throw UnsupportedError(worded(error));
  } catch (const ShapeError& error) {
    throw ShapeError(worded(error));
  }
}

}  // namespace

Model load(const std::filesystem::path& path, const ImportOptions& options,
           const Evaluator& evaluate) {
  return naming(path, [&] {
    const auto file = decode_model(read_file(path, max_message_bytes), "model");
    return imported(*file, ExternalData(path.parent_path()), options, evaluate);
  });
}

Model load_bytes(std::span<const std::byte> bytes, const ImportOptions& options,
                 const Evaluator& evaluate) {
  return imported(*decode_model(bytes, "model"), ExternalData(), options, evaluate);
}

std::pair<std::string, Literal> load_tensor(const std::filesystem::path& path) {
  return naming(path, [&] {
    const auto tensor = decode_tensor(read_file(path, max_message_bytes), "tensor");
    TensorReader reader(ExternalData(), ImportOptions{}.max_bytes);
    return std::pair(tensor->name(), reader.read(*tensor, text("tensor '", tensor->name(), "'")));
  });
}

std::vector<std::pair<std::string, Literal>> load_initializers(const std::filesystem::path& path) {
  return naming(path, [&] {
    const auto file = decode_model(read_file(path, max_message_bytes), "model");
    TensorReader reader(ExternalData(path.parent_path()), ImportOptions{}.max_bytes);
    std::vector<std::pair<std::string, Literal>> initializers;
    for (const wire::Tensor& tensor : file->graph().initializer()) {
      Literal literal = reader.read(tensor, text("initializer '", tensor.name(), "'"));
      if (is_float(literal.dtype())) initializers.emplace_back(tensor.name(), std::move(literal));
    }
    return initializers;
  });
}

}  // namespace palimpsest::onnx_import
