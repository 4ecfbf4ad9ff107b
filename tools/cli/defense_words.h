#pragma once
// Defences as users write them: "clip:4,gaussian:0.1", in the order in which they are applied.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inversion/defense/defense.h"
#include "tools/io/defense_record.h"

namespace palimpsest::tools {

/// The forms that parse_defenses knows, for help texts.
std::string defense_forms();

/// One of these, or several with commas between them; empty: none.
///   gaussian:SIGMA  laplace:SCALE  clip:NORM  clip-layer:NORM  sparsify:SHARE
///   sparsify-global:SHARE  quantize:BITS  sign  scaled-sign  soteria:SHARE
///   dp-sgd:NORM:NOISE[:DELTA[:RATE]]  secure-aggregation
/// Throws UsageError naming the word, what was expected and what came.
std::vector<inversion::Defense> parse_defenses(std::string_view words);

/// The words that give the defence again.
std::string words_of(const inversion::Defense& defense);

/// What the metadata keep of a report, and what the envelope says.
DefenseRecord record_of(const inversion::DefenseReport& report);
nlohmann::json defense_json(const inversion::DefenseReport& report);

}  // namespace palimpsest::tools
