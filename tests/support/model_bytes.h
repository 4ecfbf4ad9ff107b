#pragma once
// ONNX files written by hand, field by field, so that tests can also write files that no library
// would write. Independent of the importer's schema.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest::testing {

/// An encoded message that grows field by field.
class Message {
 public:
  Message& integer(int field, std::int64_t value);
  Message& real(int field, float value);
  Message& bytes(int field, std::string_view value);
  Message& message(int field, const Message& value) { return bytes(field, value.encoded_); }
  const std::string& encoded() const { return encoded_; }

 private:
  void varint(std::uint64_t value);

  std::string encoded_;
};

using Extents = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

// Attributes.
Message integer_attribute(std::string_view name, std::int64_t value);
Message integers_attribute(std::string_view name, const Extents& values);
Message real_attribute(std::string_view name, float value);
Message string_attribute(std::string_view name, std::string_view value);
Message graph_attribute(std::string_view name, const Message& graph);
/// Takes its value from the attribute `referred` of the function around.
Message reference_attribute(std::string_view name, std::string_view referred, int type);

Message node(std::string_view op_type, const Names& inputs, const Names& outputs,
             const std::vector<Message>& attributes = {}, std::string_view domain = {});

/// A float tensor with raw data.
Message tensor(std::string_view name, const Extents& dims, const std::vector<float>& values);
/// An int64 tensor with raw data.
Message integers(std::string_view name, const Extents& dims, const Extents& values);
/// A tensor of any element type with the raw bytes given, fitting or not.
Message raw_tensor(std::string_view name, std::int64_t type, const Extents& dims,
                   std::string_view raw);
/// A float tensor whose data are in a file.
Message external_tensor(std::string_view name, const Extents& dims,
                        const std::vector<std::pair<std::string, std::string>>& entries);

/// A float input or output; an extent of -1 becomes the symbol "batch".
Message value_info(std::string_view name, const Extents& dims, std::int64_t type = 1);

struct GraphParts {
  std::vector<Message> nodes, initializers, inputs, outputs;
};
Message graph(const GraphParts& parts);

Message function(std::string_view name, const Names& inputs, const Names& outputs,
                 const std::vector<Message>& nodes, const Names& attributes = {});

/// A model whose functions live in the domain "local".
std::string model(const Message& graph, std::int64_t opset = 17,
                  const std::vector<Message>& functions = {});

std::span<const std::byte> as_bytes(const std::string& text);

}  // namespace palimpsest::testing
