#pragma once
// What one import shares between all nodes, and what the nodes of one body share.

#include <set>

#include "onnx_import/attributes.h"
#include "onnx_import/functions.h"
#include "onnx_import/import.h"
#include "onnx_import/known.h"
#include "onnx_import/node_table.h"
#include "onnx_import/opsets.h"
#include "onnx_import/scope.h"
#include "onnx_import/tensor.h"

namespace palimpsest::onnx_import {

struct Session {
  const ImportOptions& options;
  Graph& graph;
  Parameters& parameters;
  Known& known;
  TensorReader& tensors;
  const NodeTable& table;
  const Functions& functions;
  Model& model;
};

/// A graph, a subgraph or a called function.
struct Body {
  Scope& scope;
  const Opsets& opsets;
  const Attributes::Bindings& bindings;
  int depth = 0;                               ///< 0 for the model's graph
  std::map<std::string, std::int64_t> uses{};  ///< by name: uses by live nodes and as output
};

/// Nested subgraphs and calls beyond this are refused.
inline constexpr int max_body_depth = 64;

/// A tensor of the file, floats in the float type of the import.
Literal read_tensor(Session& session, const wire::Tensor& tensor, std::string_view where);

/// The value behind a name; a float initializer becomes a parameter at its first use. Null when
/// the name stands for an input that a function call left out. Throws ImportError when the name
/// is not defined or is a sequence.
Value resolve(Session& session, Body& body, const std::string& name, std::string_view where);

/// Lowers the nodes that the outputs need. Reports all unsupported operators among them, and in
/// the functions that they call, in one UnsupportedError.
void lower_nodes(Session& session, Body& body,
                 const google::protobuf::RepeatedPtrField<wire::Node>& nodes,
                 const std::vector<std::string>& outputs);

/// Binds the initializers of a graph to their names.
void define_initializers(Body& body, const wire::Graph& graph);

/// The outputs of a subgraph, lowered inside `outer`.
std::vector<Value> lower_subgraph(Session& session, Body& outer, const wire::Graph& graph,
                                  std::string_view where);

}  // namespace palimpsest::onnx_import
