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
/// constant, a piece of another value, or one that already lives in the buffer of another output.
struct OutputCopy {
  std::uint32_t home = 0;
  std::size_t offset = 0;  ///< in the home's memory, in bytes
  std::size_t output = 0;
};

struct Dataflow {
  const Graph& graph;
  std::vector<std::uint32_t> home_of;  ///< by node: the node whose memory holds its value
  std::vector<std::size_t> offset_of;  ///< by node: where in that memory, in bytes
  std::vector<Home> homes;             ///< by node, meaningful for homes
  std::vector<std::uint32_t> steps;    ///< nodes that launch a kernel, in index order
  std::vector<bool> inplace;           ///< by node: the result may overwrite an operand
  std::vector<OutputCopy> copies;

  /// Bytes of the home in the arena; 0 when it resides elsewhere.
  std::size_t arena_bytes(std::uint32_t home) const {
    return homes[home].residence == Residence::arena ? graph.node(home).type.bytes() : 0;
  }
  /// True when the value fills the memory of its home.
  bool is_whole(Value value) const {
    return value.type().bytes() == graph.node(home_of[value.index()]).type.bytes();
  }
  /// True for homes in the arena of which outputs are copied after all launches.
  bool is_copied(std::uint32_t home) const;
  /// The distinct homes of a node's operands, in operand order.
  std::vector<std::uint32_t> operand_homes(std::uint32_t node) const;
};

/// Throws UnsupportedError, with the label of the node, for a primitive without a kernel.
Dataflow dataflow(const Function& function, const KernelTable& kernels);

}  // namespace palimpsest::runtime
