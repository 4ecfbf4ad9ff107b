#pragma once
// What a fused reduction reads, tile by tile. A sum of products, or of f32 widened to f64, needs
// no tile of its own for them: its loop multiplies and widens in registers.

#include "ops/fused/fused.h"
#include "ops/reduce/cpu_reducers.h"

namespace palimpsest::cpu {

/// The numbered values that one reduction reads.
struct TermsRead {
  TermsKind kind;
  std::uint32_t a, b;  ///< equal when no product
};

struct TermsProgram {
  FusedInstructions body;        ///< what is left to compute in tiles
  std::vector<TermsRead> reads;  ///< by reduction

  /// The values read, each once.
  std::vector<std::uint32_t> values() const;
};

TermsProgram terms_program(const FusedReduction& op, Types inputs);

}  // namespace palimpsest::cpu
