#pragma once
// A straight-line program over elements, run tile by tile. Per tile, which fits the first-level
// cache, the loops of all instructions run one after the other over registers: tile-sized
// pieces of scratch memory.

#include <array>
#include <vector>

#include "ops/fused/cpu_repeat.h"
#include "ops/fused/fused.h"
#include "ops/pointwise/cpu_loops.h"

namespace palimpsest::cpu {

class TileProgram {
 public:
  /// Elements of a tile at most: a multiple of every vector length.
  static constexpr std::int64_t tile = 1024;

  /// Where the value of the last instruction goes.
  enum class Last { scratch, result };

  /// `types` are those of all numbered values (FusedPointwise::value_types); the values `kept`
  /// can be asked for by value().
  TileProgram(const FusedInstructions& body, Types inputs, Types types, const Shape& shape,
              const std::vector<std::uint32_t>& kept, Last last);

  /// Of one thread.
  std::size_t scratch_bytes() const { return state_bytes_ + registers_ * register_bytes_; }

  /// Before the first tile: nothing in scratch counts as read.
  void begin(std::byte* scratch) const;
  /// Computes elements [at, at + count), count <= tile; `result` is where element 0 of the
  /// last value lies.
  void run(std::span<const std::byte* const> inputs, std::byte* scratch, std::int64_t at,
           std::int64_t count, std::byte* result = nullptr) const;
  /// Where a kept value lies after run(..., at, ...).
  const std::byte* value(std::uint32_t number, std::span<const std::byte* const> inputs,
                         const std::byte* scratch, std::int64_t at) const;

 private:
  struct Place {
    enum class Kind : std::uint8_t { operand, repeated, scratch, result };
    Kind kind = Kind::scratch;
    std::size_t index = 0;  ///< of the operand, the repeated operand or the register
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
    std::size_t scratch;  ///< the register that may hold its tile
    std::size_t size;     ///< bytes of an element
    Repetition repetition;
  };

  /// What a repeated operand's tile is at the moment; kept at the head of scratch.
  struct Held {
    const std::byte* place;        ///< of the tile: the register, or the operand itself
    std::int64_t phase, elements;  ///< what the register holds
  };

  struct WholeOperand {
    std::size_t operand, size;  ///< bytes of an element
  };

  struct Free;

  void place_operands(Types inputs, const Shape& shape, Free& free);
  void add_instruction(const FusedInstruction& source, Types types, std::uint32_t number,
                       const std::vector<std::uint32_t>& last_use, bool to_result, Free& free);
  /// Asks for the next tile of large operands, which come from memory while this one is computed:
  /// loops that alternate between streams keep the processor from guessing that by itself.
  void fetch_ahead(std::span<const std::byte* const> inputs, std::int64_t at,
                   std::int64_t count) const;
  void read_repeated(const RepeatedOperand& repeated, const std::byte* source, std::byte* scratch,
                     Held& held, std::int64_t at, std::int64_t count) const;
  std::byte* register_at(std::byte* scratch, std::size_t index) const {
    return scratch + state_bytes_ + index * register_bytes_;
  }

  std::vector<Place> places_;  // of the numbered values
  std::vector<RepeatedOperand> repeated_;
  std::vector<WholeOperand> far_;
  std::int64_t whole_elements_ = 0;
  std::vector<Instruction> instructions_;
  std::size_t registers_ = 0, register_bytes_ = 0, state_bytes_ = 0;
};

}  // namespace palimpsest::cpu
