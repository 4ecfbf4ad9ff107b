#pragma once
// A handle to one node's result. Sixteen bytes, freely copied; it stays valid while its
// graph lives. It carries no data: `type()` is all that is known before a run.

#include <cstdint>
#include <span>

#include "graph/tensor_type.h"

namespace palimpsest {

class Graph;
struct Node;

class Value {
 public:
  Value() = default;
  Value(Graph* graph, std::uint32_t index) : graph_(graph), index_(index) {}

  Graph& graph() const { return *graph_; }
  std::uint32_t index() const { return index_; }
  const Node& node() const;
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  explicit operator bool() const { return graph_ != nullptr; }

  bool operator==(const Value&) const = default;

 private:
  Graph* graph_ = nullptr;
  std::uint32_t index_ = 0;
};

using Types = std::span<const TensorType>;
using Operands = std::span<const Value>;

}  // namespace palimpsest
