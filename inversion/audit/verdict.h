#pragma once
// What the figures of an audit allow to say. Nothing ever says "safe": an attack that finds
// nothing has found nothing within its budget.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inversion/audit/figures.h"

namespace palimpsest::inversion {

enum class Finding {
  recovered,      ///< more than by the best control, with the whole interval
  not_recovered,  ///< no more than by the best control, or too little to tell, within this budget
  too_few,        ///< no interval: one group of images and one seed
  no_result       ///< every run of the attack or of the controls failed
};
std::string_view words_of(Finding finding);

Finding finding_of(const CellFigures& figures);

struct Thresholds {
  std::optional<double> psnr;  ///< dB that no image may be recovered above
  std::optional<double> gain;  ///< dB that no cell's mean may lie above that of its best control
};

/// The thresholds that a cell exceeds, in words; empty: none.
std::vector<std::string> exceeded(const CellFigures& figures, const Thresholds& thresholds);

}  // namespace palimpsest::inversion
