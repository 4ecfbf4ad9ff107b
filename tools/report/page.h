#pragma once
// The page around the sections: one file that needs no network and runs no script.

#include <string>

#include "tools/report/markup.h"

namespace palimpsest::tools {

/// A whole HTML document. `content` goes between heading and foot; `program` is named in the foot.
std::string page(const std::string& title, const std::string& subtitle, const Markup& content,
                 const std::string& program);

}  // namespace palimpsest::tools
