// A host process that holds ONNX's own classes loads a model with them and with the importer.
// With a second registration of onnx-ml.proto it would abort before main.

#include <onnx/onnx_pb.h>

#include <iostream>

#include "onnx_import/import.h"
#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"

namespace {

std::string relu_model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto& graph = *model.mutable_graph();
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type("Relu");
  node.add_input("x");
  node.add_output("y");
  onnx::ValueInfoProto& input = *graph.add_input();
  input.set_name("x");
  auto& type = *input.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_value(3);
  graph.add_output()->set_name("y");
  return model.SerializeAsString();
}

}  // namespace

int main() {
  const std::string bytes = relu_model();
  const palimpsest::Model ours = palimpsest::onnx_import::load_bytes(
      std::as_bytes(std::span(bytes.data(), bytes.size())), {},
      palimpsest::runtime::evaluator(palimpsest::all_cpu_kernels()));
  onnx::ModelProto theirs;
  const bool parsed = theirs.ParseFromString(bytes);
  const bool equal = parsed && theirs.graph().node_size() == 1 &&
                     ours.function.outputs.at(0).shape() == palimpsest::Shape{3} &&
                     ours.operators.at(0).first == theirs.graph().node(0).op_type();
  std::cout << (equal ? "both readers agree\n" : "the readers disagree\n");
  return equal ? 0 : 1;
}
