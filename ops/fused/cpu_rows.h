#pragma once
// The program of a FusedRows, run some rows at a time. Whatever lies between operands and
// results is held in registers: pieces of scratch memory that hold a value of those rows. Loops
// are those of the single primitives, and each row is reduced in the order in which they do it.

#include <array>
#include <span>

#include "ops/fused/cpu_repeat.h"
#include "ops/fused/rows.h"
#include "ops/pointwise/cpu_loops.h"
#include "ops/reduce/cpu_reducers.h"

namespace palimpsest::cpu {

class RowProgram {
 public:
  RowProgram(const FusedRows& op, Types inputs);

  std::int64_t rows() const { return rows_; }
  std::int64_t row_length() const { return length_; }
  /// How many rows run() takes at most: as many as fill a tile.
  std::int64_t rows_at_once() const { return at_once_; }
  /// Of one thread.
  std::size_t scratch_bytes() const { return scratch_bytes_; }

  /// Before the first rows: fills the registers of what is the same in all of them.
  void begin(std::span<const std::byte* const> inputs, std::byte* scratch) const;
  /// Computes rows [first, first + count).
  void run(std::span<const std::byte* const> inputs, std::byte* output, std::byte* scratch,
           std::int64_t first, std::int64_t count) const;

 private:
  struct Place {
    enum class Kind : std::uint8_t { operand, scratch, result };
    Kind kind = Kind::scratch;
    std::size_t at = 0;       ///< the operand's number; else bytes
    std::size_t per_row = 0;  ///< bytes of the value of one row
  };

  struct Step {
    enum class Kind : std::uint8_t { element, reduction, repetition };
    Kind kind = Kind::element;
    std::array<Place, max_element_operands> operands{};
    std::size_t operand_count = 0;
    Place result;
    std::int64_t per_row = 1;  ///< elements of the result
    ElementLoop loop = nullptr;
    ReductionLoops reduction{};
    std::size_t size = 0;  ///< bytes of an element that is repeated
  };

  /// An operand that is neither full nor kept, written out for the rows at hand.
  struct RepeatedOperand {
    std::size_t operand, place;  ///< bytes into scratch
    std::int64_t per_row;
    bool always_same;  ///< for as many rows as come at once, wherever they begin
    Repetition repetition;
  };

  class Builder;

  /// Asks for a part of the rows that come next: the `part`-th of as many as there are steps, so
  /// that the memory works while the steps compute.
  void fetch(std::span<const std::byte* const> inputs, std::int64_t first, std::int64_t count,
             std::size_t part) const;
  void reduce(const Step& step, const Terms& terms, std::int64_t rows, std::byte* accumulators,
              std::byte* y) const;

  std::int64_t rows_ = 0, length_ = 1, at_once_ = 1;
  std::vector<RepeatedOperand> repeated_;
  std::vector<Place> far_;  // operands that are in no cache near the processor
  std::vector<Step> steps_;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace palimpsest::cpu
