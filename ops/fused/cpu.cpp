// Fused elementwise chains. The tensor is walked in tiles that fit the first-level cache; per
// tile the loops of all instructions run one after the other, over registers: tile-sized
// pieces of scratch memory. Only the last one writes to the result.

#include <array>

#include "ops/cpu_kernels.h"
#include "ops/fused/cpu_repeat.h"
#include "ops/fused/fused.h"
#include "ops/pointwise/cpu_loops.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;

/// A divisor of pointwise_grain and a multiple of every vector length, so that an element is
/// in the vectorised part of a loop here exactly when it is in the unfused kernel.
constexpr std::int64_t tile_elements = 1024;
static_assert(pointwise_grain % tile_elements == 0);

/// Where a value lies while a tile is computed.
struct Place {
  enum class Kind : std::uint8_t { operand, scratch, result };
  Kind kind = Kind::scratch;
  std::size_t index = 0;  ///< of the operand or the register
  std::size_t size = 0;   ///< bytes of an element
};

struct Instruction {
  ElementLoop loop;
  std::array<Place, max_element_operands> operands;
  std::size_t operand_count;
  Place result;
};

struct RepeatedOperand {
  std::size_t operand;
  std::size_t scratch;  ///< the register that holds its tile
  Repetition repetition;
};

/// Hands out registers, lowest free one first.
class Registers {
 public:
  std::size_t take() {
    for (std::size_t i = 0; i < taken_.size(); ++i)
      if (!taken_[i]) {
        taken_[i] = true;
        return i;
      }
    taken_.push_back(true);
    return taken_.size() - 1;
  }
  void give_back(std::size_t index) { taken_[index] = false; }
  std::size_t count() const { return taken_.size(); }

 private:
  std::vector<bool> taken_;
};

class FusedKernel final : public Kernel {
 public:
  FusedKernel(const FusedPointwise& op, const KernelRequest& request)
      : count_(op.shape.elements()), threads_(request.threads) {
    const std::vector<TensorType> types = op.value_types(request.inputs);
    place_operands(request.inputs, op.shape);
    find_last_uses(op);
    for (std::size_t i = 0; i < op.body.size(); ++i) add_instruction(op, types, i);

    std::size_t widest = 1;
    for (const TensorType& type : types) widest = std::max(widest, size_of(type.dtype));
    const auto tile = static_cast<std::size_t>(std::min(tile_elements, count_));
    register_bytes_ = (tile * widest + 63) / 64 * 64;
  }

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(threads_) * thread_bytes();
  }

  void run(const Launch& launch) override {
    parallel_for(count_, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      const auto thread = static_cast<std::size_t>(omp_get_thread_num());
      run_chunk(launch, launch.workspace + thread * thread_bytes(), begin, end);
    });
  }

 private:
  std::size_t thread_bytes() const { return registers_.count() * register_bytes_; }

  void place_operands(Types in, const Shape& shape) {
    for (std::size_t k = 0; k < in.size(); ++k) {
      const std::size_t size = size_of(in[k].dtype);
      if (in[k].shape == shape) {
        places_.push_back({Place::Kind::operand, k, size});
        continue;
      }
      places_.push_back({Place::Kind::scratch, registers_.take(), size});
      repeated_.push_back({k, places_.back().index, Repetition(in[k], shape)});
    }
  }

  /// Registers of repeated operands are never given back: single elements fill theirs once.
  void find_last_uses(const FusedPointwise& op) {
    last_use_.assign(places_.size() + op.body.size(), op.body.size());
    for (std::size_t i = 0; i < op.body.size(); ++i)
      for (const std::uint32_t value : op.body[i].operands)
        if (value >= places_.size()) last_use_[value] = i;
  }

  void add_instruction(const FusedPointwise& op, Types types, std::size_t at) {
    const FusedPointwise::Instruction& source = op.body[at];
    const TensorType& type = types[types.size() - op.body.size() + at];
    const bool is_last = at + 1 == op.body.size();
    // A register of its own, not that of an operand, which may be of another type.
    const Place result = is_last
                             ? Place{Place::Kind::result, 0, size_of(type.dtype)}
                             : Place{Place::Kind::scratch, registers_.take(), size_of(type.dtype)};
    Instruction instruction{nullptr, {}, source.operands.size(), result};
    std::vector<TensorType> operand_types;
    for (std::size_t k = 0; k < source.operands.size(); ++k) {
      instruction.operands[k] = places_[source.operands[k]];
      operand_types.push_back(types[source.operands[k]]);
    }
    instruction.loop = element_loop(source.op, operand_types, type.dtype);
    for (const std::uint32_t value : source.operands)
      if (last_use_[value] == at) registers_.give_back(places_[value].index);
    places_.push_back(result);
    instructions_.push_back(instruction);
  }

  void run_chunk(const Launch& launch, std::byte* scratch, std::int64_t begin,
                 std::int64_t end) const {
    for (std::int64_t at = begin; at < end; at += tile_elements) {
      const std::int64_t count = std::min(tile_elements, end - at);
      for (const RepeatedOperand& repeated : repeated_)
        if (at == begin || !repeated.repetition.is_single())
          repeated.repetition.read(launch.inputs[repeated.operand], at, count,
                                   scratch + repeated.scratch * register_bytes_);
      for (const Instruction& instruction : instructions_)
        run_instruction(instruction, launch, scratch, at, count);
    }
  }

  void run_instruction(const Instruction& instruction, const Launch& launch, std::byte* scratch,
                       std::int64_t at, std::int64_t count) const {
    const auto first = static_cast<std::size_t>(at);
    std::array<const std::byte*, max_element_operands> operands{};
    for (std::size_t k = 0; k < instruction.operand_count; ++k) {
      const Place& place = instruction.operands[k];
      operands[k] = place.kind == Place::Kind::operand
                        ? launch.inputs[place.index] + first * place.size
                        : scratch + place.index * register_bytes_;
    }
    const Place& result = instruction.result;
    std::byte* y = result.kind == Place::Kind::result ? launch.output + first * result.size
                                                      : scratch + result.index * register_bytes_;
    instruction.loop(operands.data(), y, count);
  }

  std::int64_t count_;
  int threads_;
  std::vector<Place> places_;          // of the numbered values
  std::vector<std::size_t> last_use_;  // of the numbered values: the last reader in the body
  std::vector<RepeatedOperand> repeated_;
  std::vector<Instruction> instructions_;
  Registers registers_;
  std::size_t register_bytes_ = 0;
};

std::unique_ptr<Kernel> prepare_fused(const KernelRequest& request) {
  return std::make_unique<FusedKernel>(*request.op.as<FusedPointwise>(), request);
}

}  // namespace

void add_fused_kernels(KernelTable& table) {
  // The pass that forms fused nodes leaves no operand of the result's size but of its type.
  table.add<FusedPointwise>(prepare_fused, Aliasing::inplace);
}

}  // namespace palimpsest
