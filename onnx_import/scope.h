#pragma once
// Names and what they stand for, body within body: a subgraph sees the names around it, a
// function sees only its own.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "graph/value.h"

namespace palimpsest::wire {
class Tensor;
}

namespace palimpsest::onnx_import {

/// A value, an initializer that nothing has used yet, or a sequence of values.
using Binding = std::variant<Value, const wire::Tensor*, std::vector<Value>>;

class Scope {
 public:
  explicit Scope(Scope* outer = nullptr) : outer_(outer) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// Binds a name here; a name of an outer scope is shadowed.
  void define(const std::string& name, Binding binding) {
    names_.insert_or_assign(name, std::move(binding));
  }
  /// Null when no scope around knows the name.
  Binding* find(const std::string& name) {
    for (Scope* scope = this; scope; scope = scope->outer_)
      if (const auto it = scope->names_.find(name); it != scope->names_.end()) return &it->second;
    return nullptr;
  }
  bool has_own(const std::string& name) const { return names_.contains(name); }

 private:
  Scope* outer_;
  std::map<std::string, Binding> names_;
};

}  // namespace palimpsest::onnx_import
