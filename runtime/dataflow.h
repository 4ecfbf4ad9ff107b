#pragma once
// A function as kernel launches over memory: views are resolved to the node whose memory
// they show, and every such home knows where it resides. Scheduling, the memory plan and
// compile all read this; nothing here depends on the order of the launches.

#include <cstdint>
#include <vector>

#include "graph/function.h"
#include "runtime/kernel_table.h"

namespace palimpsest::runtime {

enum class Residence : std::uint8_t {
  input,     ///< the caller's input buffer
  constant,  ///< a literal shared with the graph
  output,    ///< written straight into an output buffer
  arena      ///< an intermediate of the memory plan
};

struct Home {
  Residence residence = Residence::arena;
  std::size_t position = 0;  ///< of the input or the output
};

/// A result that has to be copied into its output buffer after the launches: an input, a
/// constant, or a value that already lives in the buffer of another output.
struct OutputCopy {
  std::uint32_t home = 0;
  std::size_t output = 0;
};

struct Dataflow {
  const Graph& graph;
  std::vector<std::uint32_t> home_of;  ///< by node: the node whose memory holds its value
  std::vector<Home> homes;             ///< by node, meaningful for homes
  std::vector<std::uint32_t> steps;    ///< nodes that launch a kernel, in index order
  std::vector<bool> inplace;           ///< by node: the result may overwrite an operand
  std::vector<OutputCopy> copies;

  /// Bytes of the home in the arena; 0 when it resides elsewhere.
  std::size_t arena_bytes(std::uint32_t home) const {
    return homes[home].residence == Residence::arena ? graph.node(home).type.bytes() : 0;
  }
  /// The distinct homes of a node's operands, in operand order.
  std::vector<std::uint32_t> operand_homes(std::uint32_t node) const;
};

/// Throws UnsupportedError, with the label of the node, for a primitive without a kernel.
Dataflow dataflow(const Function& function, const KernelTable& kernels);

}  // namespace palimpsest::runtime
