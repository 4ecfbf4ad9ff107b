#pragma once
// Folders of one tensor per file, .npy or TensorProto, as update_reader.h uses them.

#include "tools/io/files.h"
#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

struct FolderTensors {
  TensorList list;
  std::string format;
};

/// The tensors in natural order of the file names, or in the order of index.json, an array of
/// {"name": ..., "file": ...}. Without it a name is the file's stem (a TensorProto's own name
/// comes first), less "grad_"; stems that are numbers, input_N or output_N give no name.
/// Throws InputError when there are neither .npy nor .pb files, or both.
FolderTensors read_folder(const Directory& folder, std::uint64_t max_bytes);

}  // namespace palimpsest::tools
