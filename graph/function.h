#pragma once
// A graph with its calling convention: what import returns, what derivatives and passes
// take and return, what compile turns into a Program.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace palimpsest {

struct Function {
  std::unique_ptr<Graph> graph = std::make_unique<Graph>();
  std::vector<Value> inputs;   ///< Input nodes, in the order of their positions
  std::vector<Value> outputs;  ///< any nodes of the graph
};

/// Computes one primitive on host data. The runtime provides one made of its kernels
/// (runtime/evaluate.h); import and folding receive it as an argument and so know no kernel.
using Evaluator = std::function<Literal(const Op&, std::span<const Literal>)>;

/// Where the nodes of one graph went in another: the tool of every Function -> Function pass.
class Mapping {
 public:
  explicit Mapping(std::uint32_t size) : to_(size) {}
  Value& operator[](Value from) { return to_[from.index()]; }
  Value operator[](Value from) const { return to_[from.index()]; }
  /// The images of all operands of a node.
  std::vector<Value> operands(const Node& node) const;

 private:
  std::vector<Value> to_;
};

/// Marks, by node index, what the outputs depend on. Inputs are marked only when used.
std::vector<bool> reachable(const Function& function);
/// The same for any values of a graph.
std::vector<bool> reachable(const Graph& graph, Operands values);

/// Rebuilds a function in a new graph. For each reachable node that is not an Input, `rebuild`
/// returns its image, given the node and the images of its operands; labels are kept, inputs
/// stay, used or not, so the calling convention never changes.
using Rebuild = std::function<Value(Graph& graph, const Node& node, std::vector<Value> operands)>;
Function rebuilt(const Function& source, const Rebuild& rebuild);

/// A copy of `callee` inside `graph`, with its inputs replaced by `arguments`.
/// Throws ShapeError when count or types differ.
std::vector<Value> inlined(Graph& graph, const Function& callee, Operands arguments);
/// The same for any values of the callee instead of its outputs.
std::vector<Value> inlined(Graph& graph, const Function& callee, Operands arguments,
                           Operands results);

}  // namespace palimpsest
