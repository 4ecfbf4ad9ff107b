#pragma once
// How the page looks: on light and dark screens, wide and narrow, and on paper.

#include <string_view>

namespace palimpsest::tools {

/// CSS of the page and of the drawings in it.
std::string_view page_style();

}  // namespace palimpsest::tools
