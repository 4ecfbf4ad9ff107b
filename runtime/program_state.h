#pragma once
// What a Program owns. Private to compile.cpp, which fills it, and program.cpp, which runs it.

#include <array>

#include "runtime/buffer.h"
#include "runtime/kernel.h"
#include "runtime/program.h"

namespace palimpsest::runtime {

/// State that is fed back lies in two buffers that take turns, so there are two sets of
/// pointers: one for runs of even number, one for runs of odd number.
inline constexpr std::size_t parities = 2;

struct Step {
  std::shared_ptr<Kernel> kernel;  ///< of several steps when a launch is repeated
  std::array<Launch, parities> launches;
};

struct Port {
  TensorType type;
  std::array<Buffer, parities> buffers;  ///< the same one twice unless it is fed back
};

struct Program::State {
  std::vector<Step> steps;
  std::vector<StepInfo> infos;             ///< one a step
  std::vector<const std::byte*> operands;  ///< what the launches' spans point into
  std::vector<Port> inputs, outputs;
  std::vector<Literal> constants;  ///< keeps their data alive
  Buffer arena;
  MemoryReport memory;
  int threads = 1;
  Profile* profile = nullptr;
  std::size_t parity = 0;  ///< of the next run
};

}  // namespace palimpsest::runtime
