#include "onnx_import/decode.h"

#include "graph/error.h"
#include "onnx_import/wire_check.h"

namespace palimpsest::onnx_import {
namespace {

template <class T>
std::unique_ptr<T> decode(std::span<const std::byte> bytes, Message message,
                          std::string_view where) {
  if (bytes.size() > max_message_bytes)
    throw ImportError(
        text(where, ": at most ", max_message_bytes, " bytes expected, ", bytes.size(), " came"));
  check_wire(bytes, message, where);
  auto decoded = std::make_unique<T>();
  if (!decoded->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw ImportError(text(where, ": not a valid ONNX file"));
  return decoded;
}

}  // namespace

std::unique_ptr<wire::Model> decode_model(std::span<const std::byte> bytes,
                                          std::string_view where) {
  return decode<wire::Model>(bytes, Message::model, where);
}

std::unique_ptr<wire::Tensor> decode_tensor(std::span<const std::byte> bytes,
                                            std::string_view where) {
  return decode<wire::Tensor>(bytes, Message::tensor, where);
}

}  // namespace palimpsest::onnx_import
