#pragma once
// Group consistency (Yin et al. 2021, section 3.3): seeds of one attack are searched side by side,
// and each is drawn towards what they agree on.

#include <string_view>

#include "inversion/problem.h"

namespace palimpsest::inversion {

enum class GroupForm {
  none,       ///< seeds know nothing of each other
  lazy_mean,  ///< the pixelwise mean
  /// The mean after each seed's image was registered to the lazy mean's; a seed for which no
  /// registration is found takes part as it is.
  registered
};

/// The consensus is made anew after iteration `start` and then after every `period` ones; before it
/// was first made the term is 0.
struct GroupSpec {
  GroupForm form = GroupForm::none;
  std::int64_t start = 0, period = 1;
};

/// Whether a consensus is due when so many iterations are done.
bool is_consensus_due(const GroupSpec& spec, std::int64_t iterations_done);

struct Consensus {
  Literal images;               ///< like each seed's
  std::int64_t registered = 0;  ///< images that a registration was found for
};

/// Of the seeds' images, in the units of the model's input, all of images_type.
Consensus consensus(const Problem& problem, GroupForm form, const std::vector<Literal>& seeds);

}  // namespace palimpsest::inversion
