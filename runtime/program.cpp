#include "runtime/program.h"

#include <cstring>

#include "runtime/cpu/parallel.h"
#include "runtime/labelled.h"
#include "runtime/profiled_run.h"
#include "runtime/program_state.h"

namespace palimpsest::runtime {
namespace {

const Port& port_at(const std::vector<Port>& ports, std::size_t position, std::string_view what) {
  if (position < ports.size()) return ports[position];
  throw InputError(text("program: ", what, " ", position, " asked for, there are ", ports.size()));
}

}  // namespace

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

std::size_t Program::inputs() const { return state_->inputs.size(); }
std::size_t Program::outputs() const { return state_->outputs.size(); }

const TensorType& Program::input_type(std::size_t position) const {
  return port_at(state_->inputs, position, "input").type;
}

const TensorType& Program::output_type(std::size_t position) const {
  return port_at(state_->outputs, position, "output").type;
}

std::span<std::byte> Program::input(std::size_t position) {
  const Port& port = port_at(state_->inputs, position, "input");
  return {port.buffers[state_->parity].get(), port.type.bytes()};
}

std::span<const std::byte> Program::output(std::size_t position) const {
  const Port& port = port_at(state_->outputs, position, "output");
  // Written by the last run, which had the other parity.
  return {port.buffers[1 - state_->parity].get(), port.type.bytes()};
}

void Program::set(std::size_t position, const Literal& literal) {
  const TensorType& type = input_type(position);
  if (!(literal.type() == type))
    throw ShapeError(
        text("program: input ", position, ": ", type, " expected, ", literal.type(), " came"));
  if (type.bytes() > 0) std::memcpy(input(position).data(), literal.bytes(), type.bytes());
}

Literal Program::get(std::size_t position) const {
  return Literal::copy_of(output_type(position), output(position).data());
}

void Program::check_element(const TensorType& type, DType dtype) {
  if (type.dtype != dtype)
    throw ShapeError(text("program: elements of ", type, " read as ", dtype));
}

void Program::profile(Profile* into) {
  if (into) into->launches.resize(state_->steps.size());
  state_->profile = into;
}

void Program::run() {
  const ThreadScope threads(state_->threads);
  ProfiledRun profiled(state_->profile);
  for (std::size_t at = 0; at < state_->steps.size(); ++at) {
    const Step& step = state_->steps[at];
    profiled.begin(at);
    labelled<NumericError>(state_->infos[at].label,
                           [&] { step.kernel->run(step.launches[state_->parity]); });
    profiled.end(at);
  }
  profiled.finish();
  state_->parity = 1 - state_->parity;
}

const MemoryReport& Program::memory() const { return state_->memory; }
std::vector<StepInfo> Program::steps() const { return state_->infos; }

}  // namespace palimpsest::runtime
