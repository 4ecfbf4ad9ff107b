#pragma once
// Several searches as one: each has a program and threads of its own, and they step at the same
// time. For models so small that one program does not gain by a second thread.

#include "inversion/search.h"

namespace palimpsest::inversion {

/// The lanes of all searches (at least one), one search after the other.
std::unique_ptr<Search> parallel_search(std::vector<std::unique_ptr<Search>> searches);

}  // namespace palimpsest::inversion
