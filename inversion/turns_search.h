#pragma once
// A search of one lane that serves several, one after the other within a step: for groups of seeds,
// whose candidates must be known at the same time, where a program for all of them would not fit or
// not be faster. What a lane depends on is kept outside of the program while others run.

#include "inversion/search.h"

namespace palimpsest::inversion {

/// `search` has one lane, whose number in saved states is 0; the result has `lanes`, numbered from
/// `first_lane` on.
std::unique_ptr<Search> turns_search(std::unique_ptr<Search> search, std::size_t lanes,
                                     std::size_t first_lane);

}  // namespace palimpsest::inversion
