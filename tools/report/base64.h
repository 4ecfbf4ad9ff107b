#pragma once
// Base64 (RFC 4648) for images that lie inside a page.

#include <string>

#include "tools/io/files.h"

namespace palimpsest::tools {

std::string base64(ByteView bytes);

}  // namespace palimpsest::tools
