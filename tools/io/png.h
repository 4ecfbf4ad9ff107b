#pragma once
// PNG through libpng.

#include "graph/literal.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

/// [1, H, W] for grey, [3, H, W] for palette and RGB; 16-bit samples keep their precision.
/// Alpha is dropped and every chunk but IHDR, PLTE, tRNS, IDAT and IEND is ignored. Throws
/// InputError.
Literal decode_png(ByteView file, std::string_view place);

/// 8-bit grey or RGB; values are clamped to [0, 1] and rounded, NaN becomes 0. `image` is
/// f32 [1 or 3, H, W]; throws ShapeError otherwise.
Bytes encode_png(const Literal& image);

}  // namespace palimpsest::tools
