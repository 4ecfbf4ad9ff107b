#include "tests/support/model_bytes.h"

#include <bit>
#include <cstring>

namespace palimpsest::testing {
namespace {

template <class T>
std::string raw_bytes(const std::vector<T>& values) {
  std::string raw(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  return raw;
}

Message attribute(std::string_view name, int type) {
  Message message;
  message.bytes(1, name).integer(20, type);
  return message;
}

Message opset(std::string_view domain, std::int64_t version) {
  Message message;
  message.bytes(1, domain).integer(2, version);
  return message;
}

}  // namespace

void Message::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) encoded_ += static_cast<char>((value & 0x7f) | 0x80);
  encoded_ += static_cast<char>(value);
}

Message& Message::integer(int field, std::int64_t value) {
  varint(static_cast<std::uint64_t>(field) << 3);
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

Message& Message::real(int field, float value) {
  varint(static_cast<std::uint64_t>(field) << 3 | 5);
  encoded_ += raw_bytes(std::vector<float>{value});
  return *this;
}

Message& Message::bytes(int field, std::string_view value) {
  varint(static_cast<std::uint64_t>(field) << 3 | 2);
  varint(value.size());
  encoded_ += value;
  return *this;
}

Message integer_attribute(std::string_view name, std::int64_t value) {
  return attribute(name, 2).integer(3, value);
}

Message integers_attribute(std::string_view name, const Extents& values) {
  Message message = attribute(name, 7);
  for (const std::int64_t value : values) message.integer(8, value);
  return message;
}

Message real_attribute(std::string_view name, float value) {
  return attribute(name, 1).real(2, value);
}

Message string_attribute(std::string_view name, std::string_view value) {
  return attribute(name, 3).bytes(4, value);
}

Message graph_attribute(std::string_view name, const Message& graph) {
  return attribute(name, 5).message(6, graph);
}

Message reference_attribute(std::string_view name, std::string_view referred, int type) {
  return attribute(name, type).bytes(21, referred);
}

Message node(std::string_view op_type, const Names& inputs, const Names& outputs,
             const std::vector<Message>& attributes, std::string_view domain) {
  Message message;
  for (const std::string& name : inputs) message.bytes(1, name);
  for (const std::string& name : outputs) message.bytes(2, name);
  message.bytes(3, outputs.empty() ? std::string_view("node") : std::string_view(outputs.front()));
  message.bytes(4, op_type);
  for (const Message& entry : attributes) message.message(5, entry);
  if (!domain.empty()) message.bytes(7, domain);
  return message;
}

Message raw_tensor(std::string_view name, std::int64_t type, const Extents& dims,
                   std::string_view raw) {
  Message message;
  for (const std::int64_t dim : dims) message.integer(1, dim);
  return message.integer(2, type).bytes(8, name).bytes(9, raw);
}

Message tensor(std::string_view name, const Extents& dims, const std::vector<float>& values) {
  return raw_tensor(name, 1, dims, raw_bytes(values));
}

Message integers(std::string_view name, const Extents& dims, const Extents& values) {
  return raw_tensor(name, 7, dims, raw_bytes(values));
}

Message external_tensor(std::string_view name, const Extents& dims,
                        const std::vector<std::pair<std::string, std::string>>& entries) {
  Message message;
  for (const std::int64_t dim : dims) message.integer(1, dim);
  message.integer(2, 1).bytes(8, name).integer(14, 1);
  for (const auto& [key, value] : entries) {
    Message entry;
    message.message(13, entry.bytes(1, key).bytes(2, value));
  }
  return message;
}

Message value_info(std::string_view name, const Extents& dims, std::int64_t type) {
  Message shape;
  for (const std::int64_t dim : dims) {
    Message dimension;
    shape.message(1, dim < 0 ? dimension.bytes(2, "batch") : dimension.integer(1, dim));
  }
  Message tensor_type, any_type, info;
  tensor_type.integer(1, type).message(2, shape);
  any_type.message(1, tensor_type);
  return info.bytes(1, name).message(2, any_type);
}

Message graph(const GraphParts& parts) {
  Message message;
  for (const Message& entry : parts.nodes) message.message(1, entry);
  message.bytes(2, "graph");
  for (const Message& entry : parts.initializers) message.message(5, entry);
  for (const Message& entry : parts.inputs) message.message(11, entry);
  for (const Message& entry : parts.outputs) message.message(12, entry);
  return message;
}

Message function(std::string_view name, const Names& inputs, const Names& outputs,
                 const std::vector<Message>& nodes, const Names& attributes) {
  Message message;
  message.bytes(1, name);
  for (const std::string& input : inputs) message.bytes(4, input);
  for (const std::string& output : outputs) message.bytes(5, output);
  for (const std::string& entry : attributes) message.bytes(6, entry);
  for (const Message& entry : nodes) message.message(7, entry);
  message.message(9, opset("", 17)).message(9, opset("local", 1));
  return message.bytes(10, "local");
}

std::string model(const Message& graph, std::int64_t version,
                  const std::vector<Message>& functions) {
  Message message;
  message.integer(1, 8).bytes(2, "by hand").message(7, graph);
  for (const Message& entry : functions) message.message(25, entry);
  // The version that everything depends on comes last, so that no truncation is a whole model.
  return message.message(8, opset("local", 1)).message(8, opset("", version)).encoded();
}

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace palimpsest::testing
