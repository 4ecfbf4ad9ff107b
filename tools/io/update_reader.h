#pragma once
// Update files of every accepted format, as (name, tensor) pairs plus what is known about them.
// Which tensor belongs to which parameter is decided later, by inversion's mapping.

#include <filesystem>

#include "tools/io/files.h"
#include "tools/io/named_tensor.h"
#include "tools/io/update_metadata.h"

namespace palimpsest::tools {

struct UpdateFile {
  std::vector<NamedTensor> tensors;
  UpdateMetadata metadata;
  std::vector<std::string> warnings;
  std::string format;  ///< "npz", "npy", "npy folder", "safetensors", "TensorProto", ... for people
};

/// Reads what `path` names, by content: an npz, npy or safetensors file, an ONNX model (its float
/// initializers, kind = weights), a TensorProto (.pb), or a folder of .npy or of .pb files. The
/// sidecar is "<path>.toml" (update.npz.toml), or update.toml within a folder. Throws InputError
/// or ImportError for a bad file and IoError for one that cannot be opened.
UpdateFile read_update(const std::filesystem::path& path,
                       std::uint64_t max_bytes = default_max_bytes);

/// The tensor of a file that holds exactly one. Throws as read_update.
Literal read_tensor(const std::filesystem::path& path);

/// Writes .npz (with its sidecar) or .safetensors (metadata inside), by extension; atomically
/// per file. Throws InputError for another extension, IoError.
void write_update(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                  const UpdateMetadata& metadata);

}  // namespace palimpsest::tools
