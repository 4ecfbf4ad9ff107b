#include "ops/fused/cpu_tiles.h"

#include <algorithm>
#include <limits>

namespace palimpsest::cpu {
namespace {

/// Tensors of that size are not in a cache near the processor.
constexpr std::size_t far_bytes = std::size_t{1} << 20;

}  // namespace

/// The registers that are free, lowest first.
struct TileProgram::Free {
  std::vector<bool> taken;

  std::size_t take() {
    const auto first = std::ranges::find(taken, false);
    const auto index = static_cast<std::size_t>(first - taken.begin());
    if (first == taken.end()) taken.push_back(true);
    taken[index] = true;
    return index;
  }
};

TileProgram::TileProgram(const FusedInstructions& body, Types inputs, Types types,
                         const Shape& shape, const std::vector<std::uint32_t>& kept, Last last) {
  whole_elements_ = shape.elements();
  Free free;
  place_operands(inputs, shape, free);
  // The last reader of each value; kept ones are read after the end, and registers of repeated
  // operands are never given back, because they may hold their tile for long.
  constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> last_use(types.size(), never);
  const auto operands = static_cast<std::uint32_t>(inputs.size());
  for (std::uint32_t i = 0; i < body.size(); ++i)
    for (const std::uint32_t value : body[i].operands)
      if (value >= operands) last_use[value] = operands + i;
  for (const std::uint32_t value : kept) last_use[value] = never;
  for (std::uint32_t i = 0; i < body.size(); ++i)
    add_instruction(body[i], types, operands + i, last_use,
                    last == Last::result && i + 1 == body.size(), free);

  registers_ = free.taken.size();
  std::size_t widest = 1;
  for (const TensorType& type : types) widest = std::max(widest, size_of(type.dtype));
  const auto elements = static_cast<std::size_t>(std::min(tile, shape.elements()));
  register_bytes_ = (elements * widest + 63) / 64 * 64;
  state_bytes_ = (repeated_.size() * sizeof(Held) + 63) / 64 * 64;
}

void TileProgram::place_operands(Types inputs, const Shape& shape, Free& free) {
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::size_t size = size_of(inputs[k].dtype);
    if (inputs[k].shape == shape) {
      if (inputs[k].bytes() >= far_bytes) far_.push_back({k, size});
      places_.push_back({Place::Kind::operand, k, size});
      continue;
    }
    places_.push_back({Place::Kind::repeated, repeated_.size(), size});
    repeated_.push_back({k, free.take(), size, Repetition(inputs[k], shape)});
  }
}

void TileProgram::add_instruction(const FusedInstruction& source, Types types, std::uint32_t number,
                                  const std::vector<std::uint32_t>& last_use, bool to_result,
                                  Free& free) {
  const DType dtype = types[number].dtype;
  // A register of its own, not that of an operand, which may be of another type.
  const Place result = to_result ? Place{Place::Kind::result, 0, size_of(dtype)}
                                 : Place{Place::Kind::scratch, free.take(), size_of(dtype)};
  Instruction instruction{nullptr, {}, source.operands.size(), result};
  std::vector<TensorType> operand_types;
  for (std::size_t k = 0; k < source.operands.size(); ++k) {
    instruction.operands[k] = places_[source.operands[k]];
    operand_types.push_back(types[source.operands[k]]);
  }
  instruction.loop = element_loop(source.op, operand_types, dtype);
  for (const std::uint32_t value : source.operands)
    if (last_use[value] == number) free.taken[places_[value].index] = false;
  places_.push_back(result);
  instructions_.push_back(instruction);
}

void TileProgram::begin(std::byte* scratch) const {
  Held* held = reinterpret_cast<Held*>(scratch);
  std::fill_n(held, repeated_.size(), Held{nullptr, 0, 0});
}

void TileProgram::read_repeated(const RepeatedOperand& repeated, const std::byte* source,
                                std::byte* scratch, Held& held, std::int64_t at,
                                std::int64_t count) const {
  const Repetition& repetition = repeated.repetition;
  const std::int64_t period = repetition.period();
  const std::int64_t phase = period > 0 ? at % period : 0;
  if (period > 1 && phase + count <= period) {  // the tile lies in one copy of the operand
    held.place = source + static_cast<std::size_t>(phase) * repeated.size;
    return;
  }
  std::byte* tile_register = register_at(scratch, repeated.scratch);
  held.place = tile_register;
  if (period > 0 && held.phase == phase && held.elements >= count) return;
  repetition.read(source, at, count, tile_register);
  held.phase = phase;
  held.elements = count;
}

void TileProgram::fetch_ahead(std::span<const std::byte* const> inputs, std::int64_t at,
                              std::int64_t count) const {
  if (instructions_.empty() || at + count > whole_elements_) return;
  constexpr std::size_t line = 64;
  for (const WholeOperand& operand : far_) {
    const std::byte* first = inputs[operand.operand] + static_cast<std::size_t>(at) * operand.size;
    const std::size_t bytes = static_cast<std::size_t>(count) * operand.size;
    for (std::size_t offset = 0; offset < bytes; offset += line) __builtin_prefetch(first + offset);
  }
}

void TileProgram::run(std::span<const std::byte* const> inputs, std::byte* scratch, std::int64_t at,
                      std::int64_t count, std::byte* result) const {
  Held* held = reinterpret_cast<Held*>(scratch);
  for (std::size_t r = 0; r < repeated_.size(); ++r)
    read_repeated(repeated_[r], inputs[repeated_[r].operand], scratch, held[r], at, count);
  fetch_ahead(inputs, at + count, count);
  const auto first = static_cast<std::size_t>(at);
  for (const Instruction& instruction : instructions_) {
    std::array<const std::byte*, max_element_operands> operands{};
    for (std::size_t k = 0; k < instruction.operand_count; ++k) {
      const Place& place = instruction.operands[k];
      if (place.kind == Place::Kind::operand)
        operands[k] = inputs[place.index] + first * place.size;
      else if (place.kind == Place::Kind::repeated)
        operands[k] = held[place.index].place;
      else
        operands[k] = register_at(scratch, place.index);
    }
    const Place& to = instruction.result;
    std::byte* y =
        to.kind == Place::Kind::result ? result + first * to.size : register_at(scratch, to.index);
    instruction.loop(operands.data(), y, count);
  }
}

const std::byte* TileProgram::value(std::uint32_t number, std::span<const std::byte* const> inputs,
                                    const std::byte* scratch, std::int64_t at) const {
  const Place& place = places_[number];
  if (place.kind == Place::Kind::operand)
    return inputs[place.index] + static_cast<std::size_t>(at) * place.size;
  if (place.kind == Place::Kind::repeated)
    return reinterpret_cast<const Held*>(scratch)[place.index].place;
  return scratch + state_bytes_ + place.index * register_bytes_;
}

}  // namespace palimpsest::cpu
