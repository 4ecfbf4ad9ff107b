#include "runtime/compile.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "graph/sources.h"
#include "graph/verify.h"
#include "runtime/blueprint.h"
#include "runtime/program_state.h"

namespace palimpsest::runtime {
namespace {

void check_feedback(const Function& function, const CompileOptions& options) {
  std::unordered_set<std::size_t> outputs, inputs;
  for (const auto& [output, input] : options.feedback) {
    const std::string pair = text("compile: feedback from output ", output, " to input ", input);
    if (output >= function.outputs.size() || input >= function.inputs.size())
      throw InputError(text(pair, ": the function has ", function.outputs.size(), " outputs and ",
                            function.inputs.size(), " inputs"));
    if (!outputs.insert(output).second || !inputs.insert(input).second)
      throw InputError(text(pair, ": each may be part of one pair only"));
    const TensorType &from = function.outputs[output].type(), &to = function.inputs[input].type();
    if (!(from == to)) throw ShapeError(text(pair, ": ", to, " expected, ", from, " came"));
  }
}

void check(const Function& function, const CompileOptions& options) {
  if (options.threads < 1)
    throw InputError(text("compile: at least one thread expected, ", options.threads, " came"));
  check_feedback(function, options);
  verify(function);
}

/// Inputs and outputs begin as zeros, so that what a caller forgets to set is no accident.
Port port(const TensorType& type) {
  const Buffer buffer = allocated(type.bytes());
  std::memset(buffer.get(), 0, type.bytes());
  return {type, {buffer, buffer}};
}

}  // namespace

/// Allocates what a blueprint asks for and resolves every operand to a pointer.
class ProgramBuilder {
 public:
  ProgramBuilder(const Function& function, const CompileOptions& options, Blueprint blueprint)
      : blueprint_(std::move(blueprint)),
        state_(std::make_unique<Program::State>()),
        step_of_(blueprint_.flow.graph.size()),
        offsets_(blueprint_.flow.graph.size(), 0) {
    state_->threads = options.threads;
    state_->memory = blueprint_.memory;
    state_->arena = allocated(blueprint_.plan.arena);
    for (const std::uint32_t index : blueprint_.constants)
      state_->constants.push_back(node(index).op.as<Constant>()->literal);
    make_ports(function, options);
  }

  Program finish() {
    reserve_operands();
    const Order& order = blueprint_.plan.order;
    for (std::size_t at = 0; at < order.size(); ++at) add_launch(order[at], at);
    for (const OutputCopy& copy : blueprint_.flow.copies) add_copy(copy);
    return Program(std::move(state_));
  }

 private:
  const Node& node(std::uint32_t index) const { return blueprint_.flow.graph.node(index); }

  void make_ports(const Function& function, const CompileOptions& options) {
    for (const Value input : function.inputs) state_->inputs.push_back(port(input.type()));
    for (const Value output : function.outputs) state_->outputs.push_back(port(output.type()));
    for (const auto& [output, input] : options.feedback)
      std::swap(state_->outputs[output].buffers[1], state_->inputs[input].buffers[1]);
  }

  /// Launches keep spans into the vector, so it must not grow while they are made.
  void reserve_operands() {
    std::size_t count = blueprint_.flow.copies.size();
    for (const std::uint32_t index : blueprint_.plan.order) count += node(index).inputs.size();
    state_->operands.reserve(count * parities);
  }

  std::byte* writable(std::uint32_t home, std::size_t parity) const {
    const Home& at = blueprint_.flow.homes[home];
    if (at.residence == Residence::output)
      return state_->outputs[at.position].buffers[parity].get();
    return state_->arena.get() + offsets_[home];
  }

  const std::byte* readable(std::uint32_t home, std::size_t parity) const {
    const Home& at = blueprint_.flow.homes[home];
    if (at.residence == Residence::input) return state_->inputs[at.position].buffers[parity].get();
    if (at.residence == Residence::constant) return kept_constant(home);
    return writable(home, parity);
  }

  /// Null when every launch that takes the constant has packed it.
  const std::byte* kept_constant(std::uint32_t home) const {
    const auto& kept = blueprint_.constants;
    return std::binary_search(kept.begin(), kept.end(), home)
               ? node(home).op.as<Constant>()->literal.bytes()
               : nullptr;
  }

  /// Where a value lies.
  struct Place {
    std::uint32_t home;
    std::size_t offset;
    bool operator==(const Place&) const = default;
  };

  std::span<const std::byte* const> operands(std::span<const Place> places, std::size_t parity) {
    const std::size_t first = state_->operands.size();
    for (const Place& place : places) {
      const std::byte* home = readable(place.home, parity);
      state_->operands.push_back(home ? home + place.offset : nullptr);
    }
    return std::span(state_->operands).subspan(first);
  }

  void add_launch(std::uint32_t index, std::size_t at) {
    Step step{blueprint_.kernels[index], {}};
    std::vector<Place> places;
    for (const Value input : node(index).inputs)
      places.push_back(
          {blueprint_.flow.home_of[input.index()], blueprint_.flow.offset_of[input.index()]});
    std::byte* workspace = state_->arena.get() + blueprint_.plan.workspaces[at];
    std::array<std::span<const std::byte* const>, parities> read;
    for (std::size_t parity = 0; parity < parities; ++parity)
      read[parity] = operands(places, parity);
    offsets_[index] = blueprint_.plan.offsets[at];
    for (std::size_t parity = 0; parity < parities; ++parity)
      step.launches[parity] = {read[parity], writable(index, parity), workspace};
    describe_launch(index, step.kernel->algorithm());
    state_->steps.push_back(std::move(step));
  }

  void add_copy(const OutputCopy& copy) {
    const Port& to = state_->outputs[copy.output];
    const std::size_t bytes = to.type.bytes();
    const Place from{copy.home, copy.offset};
    Step step{make_kernel([bytes](const Launch& launch) {
                std::copy_n(launch.inputs[0], bytes, launch.output);
              }),
              {}};
    for (std::size_t parity = 0; parity < parities; ++parity)
      step.launches[parity] = {operands({&from, 1}, parity), to.buffers[parity].get(), nullptr};
    describe({"copy", text("output ", copy.output), "own", to.type, {}, {to.type}, {}, bytes},
             {copy.home});
    state_->steps.push_back(std::move(step));
  }

  void describe_launch(std::uint32_t index, std::string algorithm) {
    const Node& launched = node(index);
    std::vector<TensorType> types;
    for (const Value input : launched.inputs) types.push_back(input.type());
    describe({std::string(launched.op.name()),
              blueprint_.flow.graph.label(launched),
              std::move(algorithm),
              launched.type,
              launched.op,
              std::move(types),
              {},
              bytes_read(launched)},
             blueprint_.flow.operand_homes(index));
    step_of_[index] = state_->infos.size() - 1;
  }

  /// Of operands at different places.
  std::size_t bytes_read(const Node& launched) const {
    std::vector<Place> read;
    std::size_t bytes = 0;
    for (const Value input : launched.inputs) {
      const Place place{blueprint_.flow.home_of[input.index()],
                        blueprint_.flow.offset_of[input.index()]};
      if (std::ranges::find(read, place) != read.end()) continue;
      read.push_back(place);
      bytes += input.type().bytes();
    }
    return bytes;
  }

  /// Completes what is known of the next step with the steps whose results it reads.
  void describe(StepInfo info, const std::vector<std::uint32_t>& homes) {
    for (const std::uint32_t home : homes)
      if (step_of_[home]) info.producers.push_back(*step_of_[home]);
    state_->infos.push_back(std::move(info));
  }

  Blueprint blueprint_;
  std::unique_ptr<Program::State> state_;
  // By node, of its latest launch so far: the step, and where in the arena its result lies.
  std::vector<std::optional<std::size_t>> step_of_;
  std::vector<std::size_t> offsets_;
};

Program compile(const Function& function, const KernelTable& kernels,
                const CompileOptions& options) {
  check(function, options);
  Blueprint decided = blueprint(function, kernels, options);
  check_budget(decided, function, options.max_memory);
  return ProgramBuilder(function, options, std::move(decided)).finish();
}

MemoryReport plan_memory(const Function& function, const KernelTable& kernels,
                         const CompileOptions& options) {
  check(function, options);
  return blueprint(function, kernels, options).memory;
}

}  // namespace palimpsest::runtime
