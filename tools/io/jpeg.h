#pragma once
// JPEG through libjpeg-turbo, reading only.

#include "graph/literal.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

/// [1, H, W] for grey, [3, H, W] for colour. Throws InputError for CMYK, for truncated or damaged
/// data (which libjpeg would fill with grey) and for more than 100 progressive scans.
Literal decode_jpeg(ByteView file, std::string_view place);

}  // namespace palimpsest::tools
