#pragma once
// The safetensors format: u64 length of a JSON header, the header, raw little-endian elements.

#include <map>

#include "tools/io/files.h"
#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

struct Safetensors {
  std::vector<NamedTensor> tensors;             ///< in the order of their bytes in the file
  std::map<std::string, std::string> metadata;  ///< the free map "__metadata__"
};

/// Accepts F64 F32 F16 BF16, I8..I64, U8..U64 and BOOL. Throws InputError for a header over
/// 16 MiB, 100,000 tensors or depth 4, duplicate names, holes, overlaps, bytes after the last
/// tensor, and tensors of more than `max_bytes` together.
Safetensors parse_safetensors(ByteView file, std::string_view place,
                              std::uint64_t max_bytes = default_max_bytes);

/// A file that the safetensors library reads. Every tensor needs a name of its own; throws
/// InputError otherwise.
Bytes safetensors_bytes(const std::vector<NamedTensor>& tensors,
                        const std::map<std::string, std::string>& metadata = {});

}  // namespace palimpsest::tools
