#pragma once
// Typed reads of a node's attributes. Strings as keys end here: what a lowering makes of them
// are typed fields of primitives.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest::wire {
class Attribute;
class Graph;
class Node;
class Tensor;
}  // namespace palimpsest::wire

namespace palimpsest::onnx_import {

class Attributes {
 public:
  /// What a function call gave for the attributes that the function's body refers to.
  using Bindings = std::map<std::string, const wire::Attribute*, std::less<>>;

  /// `where` words the node for messages. All three must outlive the object.
  Attributes(const wire::Node& node, const Bindings& bindings, const std::string& where)
      : node_(node), bindings_(bindings), where_(where) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }

  // Each throws ImportError, naming node and attribute, when the attribute is missing or of
  // another type; the versions with a fallback only for another type.
  std::int64_t integer(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  double real(std::string_view name) const;
  double real(std::string_view name, double fallback) const;
  std::string string(std::string_view name, std::string_view fallback) const;
  /// Empty when missing.
  std::vector<std::int64_t> integers(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;
  std::vector<std::string> strings(std::string_view name) const;
  const wire::Tensor& tensor(std::string_view name) const;
  const wire::Graph& graph(std::string_view name) const;

  /// The attribute itself, references to a function's attributes resolved; null when missing.
  const wire::Attribute* find(std::string_view name) const;

 private:
  const wire::Attribute& required(std::string_view name) const;
  void check_type(const wire::Attribute& attribute, int type, std::string_view words) const;

  const wire::Node& node_;
  const Bindings& bindings_;
  const std::string& where_;
};

}  // namespace palimpsest::onnx_import
