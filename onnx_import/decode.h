#pragma once
// From bytes to the wire schema. Refuses what is not a message of that schema, and what would
// take far more memory decoded than it takes as bytes.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "onnx_import/wire.pb.h"

namespace palimpsest::onnx_import {

/// Longest message that Protocol Buffers can hold.
inline constexpr std::uint64_t max_message_bytes = (std::uint64_t{1} << 31) - 1;

/// Both throw ImportError naming `where`.
std::unique_ptr<wire::Model> decode_model(std::span<const std::byte> bytes, std::string_view where);
std::unique_ptr<wire::Tensor> decode_tensor(std::span<const std::byte> bytes,
                                            std::string_view where);

}  // namespace palimpsest::onnx_import
