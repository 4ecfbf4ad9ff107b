#pragma once
// A reconstruction as `eval` finds it: a run folder, or images by themselves.

#include <filesystem>
#include <optional>

#include "graph/literal.h"

namespace palimpsest::tools {

struct SavedReconstruction {
  Literal images;              ///< f32 [N, C, H, W] in [0, 1]
  std::optional<Literal> raw;  ///< the same as the attack found them, not clamped
  std::optional<Literal> targets;
  std::optional<Literal> labels;  ///< i64; only where the loss has classes
};

/// Reads recon.npz of a run folder, or an image file or folder of images. Throws InputError for
/// what is none of these, holds no images, or images that are not finite.
SavedReconstruction read_reconstruction(const std::filesystem::path& path);

}  // namespace palimpsest::tools
