#pragma once
// The functions that a model brings along. A few functions that call each other twice expand
// without bound, so the whole expansion is counted before anything is lowered.

#include <map>
#include <tuple>

#include "onnx_import/wire.pb.h"

namespace palimpsest::onnx_import {

class Functions {
 public:
  /// Throws ImportError for functions of one name, functions that call themselves in any way,
  /// and a model that expands to more than 2^20 nodes.
  explicit Functions(const wire::Model& model);

  /// The function that a node calls, null when it calls none.
  const wire::Function* find(const wire::Node& node) const;
  /// Callers before callees.
  const std::vector<const wire::Function*>& ordered() const { return ordered_; }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // domain, name, overload

  using Calls = std::map<const wire::Function*, std::int64_t>;
  Calls calls_in(const google::protobuf::RepeatedPtrField<wire::Node>& nodes) const;
  void order(const wire::Model& model);
  void check_expansion(const wire::Model& model) const;

  std::map<Key, const wire::Function*> by_name_;
  std::map<const wire::Function*, Calls> calls_;
  std::vector<const wire::Function*> ordered_;
};

/// Calls f(node) for the nodes given and all nodes of their subgraphs.
template <class F>
void for_each_node(const google::protobuf::RepeatedPtrField<wire::Node>& nodes, F f) {
  std::vector<const google::protobuf::RepeatedPtrField<wire::Node>*> open{&nodes};
  while (!open.empty()) {
    const auto& body = *open.back();
    open.pop_back();
    for (const wire::Node& node : body) {
      f(node);
      for (const wire::Attribute& attribute : node.attribute())
        if (attribute.has_g()) open.push_back(&attribute.g().node());
    }
  }
}

}  // namespace palimpsest::onnx_import
