#include "inversion/audit/verdict.h"

#include <cmath>

namespace palimpsest::inversion {

std::string_view words_of(Finding finding) {
  switch (finding) {
    case Finding::recovered:
      return "recovered beyond the controls";
    case Finding::not_recovered:
      return "not recovered within this budget";
    case Finding::too_few:
      return "too few images and seeds to tell from chance";
    case Finding::no_result:
      return "no run came to a result";
  }
  return "?";
}

Finding finding_of(const CellFigures& figures) {
  if (!figures.psnr_gain || std::isnan(figures.psnr_gain->difference.mean))
    return Finding::no_result;
  const Estimate& gain = figures.psnr_gain->difference;
  if (!gain.low) return Finding::too_few;
  return *gain.low > 0 ? Finding::recovered : Finding::not_recovered;
}

std::vector<std::string> exceeded(const CellFigures& figures, const Thresholds& thresholds) {
  std::vector<std::string> words;
  if (thresholds.psnr && figures.highest_psnr > *thresholds.psnr)
    words.push_back(
        text("an image was recovered at ", figures.highest_psnr, " dB, above ", *thresholds.psnr));
  if (thresholds.gain && figures.psnr_gain && figures.psnr_gain->difference.mean > *thresholds.gain)
    words.push_back(text("the mean lies ", figures.psnr_gain->difference.mean,
                         " dB beyond the best control, above ", *thresholds.gain));
  return words;
}

}  // namespace palimpsest::inversion
