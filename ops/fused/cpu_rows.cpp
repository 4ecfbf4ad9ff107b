#include "ops/fused/cpu_rows.h"

#include <algorithm>
#include <optional>

#include "ops/pointwise/binary.h"
#include "ops/reduce/cpu_reduction.h"

namespace palimpsest::cpu {
namespace {

constexpr std::size_t line = FusedRows::alignment;
/// Tensors of that size do not stay in the second-level cache between launches.
constexpr std::size_t far_bytes = std::size_t{1} << 18;

std::size_t whole_lines(std::size_t bytes) { return (bytes + line - 1) / line * line; }

/// x[r] to all elements of row r.
template <class T>
void repeat_along_rows(const std::byte* x, std::int64_t rows, std::int64_t length, std::byte* y) {
  const T* from = reinterpret_cast<const T*>(x);
  T* to = reinterpret_cast<T*>(y);
  for (std::int64_t row = 0; row < rows; ++row) std::fill_n(to + row * length, length, from[row]);
}

void repeat_along_rows(std::size_t size, const std::byte* x, std::int64_t rows, std::int64_t length,
                       std::byte* y) {
  if (size == 8)
    repeat_along_rows<std::uint64_t>(x, rows, length, y);
  else if (size == 4)
    repeat_along_rows<std::uint32_t>(x, rows, length, y);
  else if (size == 2)
    repeat_along_rows<std::uint16_t>(x, rows, length, y);
  else
    repeat_along_rows<std::uint8_t>(x, rows, length, y);
}

}  // namespace

/// Lays out registers and steps. A register is free again behind the last reader of its value.
class RowProgram::Builder {
 public:
  Builder(const FusedRows& op, Types inputs, RowProgram& program)
      : op_(op),
        program_(program),
        types_(op.value_types(inputs)),
        offsets_(op.offsets(types_)),
        operands_(static_cast<std::uint32_t>(inputs.size())),
        spread_(types_.size()),
        last_use_(types_.size(), 0),
        inlined_(op.body.size(), false) {
    program_.scratch_bytes_ = accumulator_bytes();
    for (const TensorType& type : types_) widest_ = std::max(widest_, size_of(type.dtype));
    find_products();
    find_last_uses();
    for (std::uint32_t k = 0; k < operands_; ++k) place_operand(k, inputs[k]);
    for (std::uint32_t i = 0; i < op.body.size(); ++i) add_instruction(i);
  }

 private:
  bool is_full(std::uint32_t value) const { return types_[value].shape == op_.shape; }
  std::int64_t per_row(bool full) const { return full ? program_.length_ : 1; }
  std::size_t size(std::uint32_t value) const { return size_of(types_[value].dtype); }

  std::size_t accumulator_bytes() const {
    const std::int64_t held = std::max(program_.at_once_, ReductionLoops::lanes);
    return whole_lines(static_cast<std::size_t>(held) * ReductionLoops::accumulator_bytes);
  }

  std::size_t bytes_per_row(std::uint32_t value, bool full) const {
    return size(value) * static_cast<std::size_t>(per_row(full));
  }

  /// Sums of products that nothing else reads multiply in their own loop.
  void find_products() {
    std::vector<int> uses(types_.size(), 0);
    for (const FusedInstruction& instruction : op_.body)
      for (const std::uint32_t value : instruction.operands) ++uses[value];
    for (const std::uint32_t result : op_.results) ++uses[result];
    for (const FusedInstruction& reduction : op_.body) {
      if (!reduced_axes(reduction.op) || reduction.operands[0] < operands_) continue;
      const std::uint32_t value = reduction.operands[0];
      const DType dtype = types_[value].dtype;
      if (op_.body[value - operands_].op.as<Mul>() && uses[value] == 1 &&
          can_reduce(reduction.op, dtype, {dtype, true}))
        inlined_[value - operands_] = true;
    }
  }

  bool is_inlined(std::uint32_t value) const {
    return value >= operands_ && inlined_[value - operands_];
  }

  /// What the loop of an instruction reads.
  const std::vector<std::uint32_t>& reads(const FusedInstruction& instruction) const {
    const std::uint32_t value = instruction.operands[0];
    return is_inlined(value) ? op_.body[value - operands_].operands : instruction.operands;
  }

  void find_last_uses() {
    for (std::uint32_t i = 0; i < op_.body.size(); ++i) {
      if (inlined_[i]) continue;
      for (const std::uint32_t value : reads(op_.body[i])) last_use_[value] = i;
    }
  }

  Place taken_register(std::uint32_t value, bool full) {
    std::vector<std::size_t>& free = free_[full ? 1 : 0];
    Place place{Place::Kind::scratch, program_.scratch_bytes_, bytes_per_row(value, full)};
    if (!free.empty()) {
      place.at = free.back();
      free.pop_back();
    } else {
      const auto elements = static_cast<std::size_t>(program_.at_once_ * per_row(full));
      program_.scratch_bytes_ += whole_lines(elements * widest_);
    }
    return place;
  }

  void release(std::uint32_t value, std::uint32_t instruction) {
    if (last_use_[value] != instruction) return;
    if (value >= operands_ && places_[value].kind == Place::Kind::scratch)
      free_[is_full(value) ? 1 : 0].push_back(places_[value].at);
    if (spread_[value]) free_[1].push_back(spread_[value]->at);
    last_use_[value] = released;
  }

  /// One that is neither full nor kept has a register of its own for good.
  void place_operand(std::uint32_t operand, const TensorType& type) {
    const bool full = is_full(operand);
    if (type.shape.elements() == types_[operand].shape.elements()) {
      places_.push_back({Place::Kind::operand, operand, bytes_per_row(operand, full)});
      if (type.bytes() >= far_bytes) program_.far_.push_back(places_.back());
      return;
    }
    places_.push_back(taken_register(operand, full));
    const Repetition repetition(type, types_[operand].shape);
    const std::int64_t period = repetition.period();
    program_.repeated_.push_back({operand, places_.back().at, per_row(full),
                                  period > 0 && per_row(full) % period == 0, repetition});
  }

  /// Where the value lies as instructions on full or on kept values read it.
  Place place(std::uint32_t value, bool full) {
    if (!full || is_full(value)) return places_[value];
    if (!spread_[value]) {
      spread_[value] = taken_register(value, true);
      Step step;
      step.kind = Step::Kind::repetition;
      step.operands[0] = places_[value];
      step.operand_count = 1;
      step.result = *spread_[value];
      step.per_row = program_.length_;
      step.size = size(value);
      program_.steps_.push_back(step);
    }
    return *spread_[value];
  }

  Place result_place(std::uint32_t value) {
    const auto result = std::ranges::find(op_.results, value);
    if (result == op_.results.end()) return taken_register(value, is_full(value));
    const std::int64_t first = offsets_[static_cast<std::size_t>(result - op_.results.begin())];
    return {Place::Kind::result, static_cast<std::size_t>(first) * size(value),
            bytes_per_row(value, is_full(value))};
  }

  void add_instruction(std::uint32_t i) {
    const FusedInstruction& instruction = op_.body[i];
    const std::uint32_t number = operands_ + i;
    if (inlined_[i]) {
      places_.emplace_back();
      return;
    }
    const bool reduces = reduced_axes(instruction.op) != nullptr;
    const std::vector<std::uint32_t>& read = reads(instruction);
    Step step;
    step.operand_count = read.size();
    for (std::size_t k = 0; k < read.size(); ++k)
      step.operands[k] = place(read[k], reduces || is_full(number));
    if (reduces) {
      step.kind = Step::Kind::reduction;
      const TermsKind kind{types_[number].dtype, is_inlined(instruction.operands[0])};
      step.reduction = reduction_loops(instruction.op, types_[number].dtype, kind);
    } else {
      std::vector<TensorType> operand_types;
      for (const std::uint32_t value : read) operand_types.push_back(types_[value]);
      step.loop = element_loop(instruction.op, operand_types, types_[number].dtype);
    }
    step.per_row = per_row(is_full(number));
    // Not the register of an operand, which may be of another type.
    step.result = result_place(number);
    places_.push_back(step.result);
    program_.steps_.push_back(step);
    for (const std::uint32_t value : read) release(value, i);
  }

  static constexpr std::uint32_t released = ~std::uint32_t{0};

  const FusedRows& op_;
  RowProgram& program_;
  std::vector<TensorType> types_;
  std::vector<std::int64_t> offsets_;
  std::uint32_t operands_;
  std::vector<Place> places_;                     // by value
  std::vector<std::optional<Place>> spread_;      // by kept value: where it is repeated along rows
  std::vector<std::uint32_t> last_use_;           // by value: an instruction
  std::vector<bool> inlined_;                     // by instruction
  std::array<std::vector<std::size_t>, 2> free_;  // registers of kept and of full values
  std::size_t widest_ = 1;
};

RowProgram::RowProgram(const FusedRows& op, Types inputs)
    : length_(FusedRows::row_length(op.shape, op.axes)) {
  rows_ = op.shape.elements() / length_;
  at_once_ = std::min(rows_, std::max<std::int64_t>(1, Reductions::tile / length_));
  Builder(op, inputs, *this);
}

void RowProgram::begin(std::span<const std::byte* const> inputs, std::byte* scratch) const {
  for (const RepeatedOperand& each : repeated_)
    if (each.always_same)
      each.repetition.read(inputs[each.operand], 0, at_once_ * each.per_row, scratch + each.place);
}

/// Rows that fit a tile are reduced as Reductions does it with such, others as runs.
void RowProgram::reduce(const Step& step, const Terms& terms, std::int64_t rows,
                        std::byte* accumulators, std::byte* y) const {
  const ReductionLoops& loops = step.reduction;
  if (length_ <= Reductions::tile) {
    loops.reduce_rows(terms, rows, length_, accumulators);
    loops.finish(accumulators, rows, y);
    return;
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::size_t at = static_cast<std::size_t>(row * length_) * loops.stored;
    loops.start(accumulators, ReductionLoops::lanes);
    loops.take_run({terms.a + at, terms.b + at}, length_, accumulators);
    loops.fold(accumulators);
    loops.finish(accumulators, 1, y + static_cast<std::size_t>(row) * loops.result);
  }
}

void RowProgram::fetch(std::span<const std::byte* const> inputs, std::int64_t first,
                       std::int64_t count, std::size_t part) const {
  const std::int64_t rows = std::min(count, rows_ - first);
  if (rows <= 0) return;
  for (const Place& place : far_) {
    const std::byte* next = inputs[place.at] + static_cast<std::size_t>(first) * place.per_row;
    const std::size_t bytes = static_cast<std::size_t>(rows) * place.per_row;
    const std::size_t share = whole_lines((bytes + steps_.size() - 1) / steps_.size());
    const std::size_t end = std::min(bytes, (part + 1) * share);
    for (std::size_t at = part * share; at < end; at += line) __builtin_prefetch(next + at);
  }
}

void RowProgram::run(std::span<const std::byte* const> inputs, std::byte* output,
                     std::byte* scratch, std::int64_t first, std::int64_t count) const {
  for (const RepeatedOperand& each : repeated_)
    if (!each.always_same)
      each.repetition.read(inputs[each.operand], first * each.per_row, count * each.per_row,
                           scratch + each.place);
  const auto row = static_cast<std::size_t>(first);
  for (std::size_t at = 0; at < steps_.size(); ++at) {
    const Step& step = steps_[at];
    fetch(inputs, first + count, count, at);
    std::array<const std::byte*, max_element_operands> x{};
    for (std::size_t k = 0; k < step.operand_count; ++k) {
      const Place& place = step.operands[k];
      if (place.kind == Place::Kind::operand)
        x[k] = inputs[place.at] + row * place.per_row;
      else if (place.kind == Place::Kind::scratch)
        x[k] = scratch + place.at;
      else
        x[k] = output + place.at + row * place.per_row;
    }
    std::byte* y = step.result.kind == Place::Kind::scratch
                       ? scratch + step.result.at
                       : output + step.result.at + row * step.result.per_row;
    if (step.kind == Step::Kind::element)
      step.loop(x.data(), y, count * step.per_row);
    else if (step.kind == Step::Kind::repetition)
      repeat_along_rows(step.size, x[0], count, length_, y);
    else
      reduce(step, {x[0], step.operand_count > 1 ? x[1] : x[0]}, count, scratch, y);
  }
}

}  // namespace palimpsest::cpu
