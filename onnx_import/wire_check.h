#pragma once
// A walk over encoded bytes that builds nothing. An empty message of two bytes becomes an object
// of more than a hundred, so the pieces are counted before Protocol Buffers makes them.

#include <cstddef>
#include <span>
#include <string_view>

namespace palimpsest::onnx_import {

enum class Message { model, tensor };

/// Throws ImportError when `bytes` are not well-formed fields, nest deeper than 96 messages, use
/// groups (ONNX has none) or hold more than 2^23 strings and messages.
void check_wire(std::span<const std::byte> bytes, Message message, std::string_view where);

}  // namespace palimpsest::onnx_import
