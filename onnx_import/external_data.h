#pragma once
// Tensor bytes that a model keeps in files beside itself. A model is untrusted: it may name
// regular files beneath its own directory and nothing else.

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include "onnx_import/file.h"

namespace palimpsest::wire {
class Tensor;
}

namespace palimpsest::onnx_import {

class ExternalData {
 public:
  /// No directory: every external tensor is refused. For models that come as bytes.
  ExternalData() = default;
  /// The directory of a model file. Throws IoError when it cannot be opened.
  explicit ExternalData(const std::filesystem::path& directory);

  /// The `expected` bytes of a tensor. Refused with ImportError: unknown or repeated keys,
  /// absolute paths and `..`, symbolic links in any component, hard links, anything but regular
  /// files, ranges outside of the file, a length other than `expected`. Nothing is allocated
  /// before all of that holds.
  std::vector<std::byte> read(const wire::Tensor& tensor, std::uint64_t expected,
                              std::string_view where) const;

 private:
  Descriptor directory_;
};

}  // namespace palimpsest::onnx_import
