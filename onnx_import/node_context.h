#pragma once
// What a lowering sees of one ONNX node: its operands, attributes and version, what is known at
// import, and where to report sites. Protocol Buffers stay behind it.

#include <optional>

#include "onnx_import/attributes.h"
#include "onnx_import/import.h"

namespace palimpsest::onnx_import {

struct Session;
struct Body;

class NodeContext {
 public:
  NodeContext(Session& session, Body& body, const wire::Node& node);
  NodeContext(const NodeContext&) = delete;
  NodeContext& operator=(const NodeContext&) = delete;

  Graph& graph() const;
  const ImportOptions& options() const;
  /// The type of float tensors in this import.
  DType float_type() const { return options().dtype; }
  /// Of the default domain, for the body that the node is in.
  std::int64_t opset() const;
  const Attributes& attributes() const { return attributes_; }
  const std::string& name() const { return name_; }
  /// "conv1 (Conv)", the label of the nodes built.
  std::string label() const;

  std::size_t input_count() const;
  /// False for trailing inputs left out and for empty names.
  bool has_input(std::size_t index) const;
  /// Throws ImportError when the input is missing or its name is not defined.
  Value input(std::size_t index);
  /// Null when left out.
  Value optional_input(std::size_t index) { return has_input(index) ? input(index) : Value{}; }
  std::vector<Value> inputs();
  std::size_t output_count() const;
  /// True when something uses the output.
  bool wants_output(std::size_t index) const;

  /// The input's data when it depends on no data input.
  std::optional<Literal> known(std::size_t index);
  // The same, or UnsupportedError that says which input must be known at import.
  Literal required(std::size_t index);
  std::vector<std::int64_t> required_integers(std::size_t index);
  std::vector<double> required_reals(std::size_t index);
  double required_real(std::size_t index);
  std::int64_t required_integer(std::size_t index);

  /// Floats are converted to the float type of the import.
  Value constant(const Literal& literal);
  Value integers(const std::vector<std::int64_t>& values);
  /// A tensor attribute as a literal.
  Literal tensor(std::string_view attribute);

  /// The type of the language for an ONNX element type; all floats are the import's float type.
  DType dtype_of(std::int64_t element_type) const;

  /// Name of the parameter that an input is, or the input's own name.
  std::string parameter_name(std::size_t index);
  /// A parameter of its own for Identity(initializer), null when the node is no such alias.
  Value alias();

  const std::vector<Value>& sequence(std::size_t index);
  /// Makes output 0 a sequence.
  void return_sequence(std::vector<Value> values) { sequence_ = std::move(values); }
  std::optional<std::vector<Value>>& returned_sequence() { return sequence_; }

  /// The outputs of a subgraph attribute, lowered in the scope of this node.
  std::vector<Value> lower_branch(std::string_view attribute);

  /// The model being made: for sites, dropouts and warnings.
  Model& model() const;

  /// A node that contradicts the standard: ImportError.
  [[noreturn]] void invalid(std::string_view what) const;
  /// A node that is valid but not lowered: UnsupportedError.
  [[noreturn]] void unsupported(std::string_view what) const;

 private:
  const std::string& input_name(std::size_t index) const;

  Session& session_;
  Body& body_;
  const wire::Node& node_;
  std::string name_;
  std::string where_;
  Attributes attributes_;
  std::optional<std::vector<Value>> sequence_;
};

}  // namespace palimpsest::onnx_import
