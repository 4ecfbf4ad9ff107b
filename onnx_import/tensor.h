#pragma once
// From tensors of the file to literals. Three facts must agree exactly before anything is
// allocated: the shape times the element size, the bytes present, the declared length.

#include <cstdint>
#include <string_view>

#include "graph/literal.h"
#include "onnx_import/external_data.h"

namespace palimpsest::wire {
class Tensor;
}

namespace palimpsest::onnx_import {

/// ONNX's numbers for element types, as far as they can be read.
enum class ElementType : std::int32_t {
  f32 = 1,
  u8 = 2,
  i8 = 3,
  u16 = 4,
  i16 = 5,
  i32 = 6,
  i64 = 7,
  boolean = 9,
  f16 = 10,
  f64 = 11,
  u32 = 12,
  u64 = 13,
  bf16 = 16
};

/// The type of the language that stands for an element type: f16 and bf16 become f32, all
/// integers i64. Throws UnsupportedError naming the type (string, complex, float8, int4 ...).
DType dtype_of_element(std::int32_t element_type, std::string_view where);

class TensorReader {
 public:
  /// Reads at most `max_bytes` in all, counted as they are held in memory.
  TensorReader(ExternalData external, std::uint64_t max_bytes)
      : external_(std::move(external)), budget_(max_bytes) {}

  /// Throws ImportError for a broken tensor, UnsupportedError for its element type,
  /// ResourceError beyond the budget.
  Literal read(const wire::Tensor& tensor, std::string_view where);

 private:
  Literal literal_from(const wire::Tensor& tensor, const TensorType& type, std::string_view where);

  ExternalData external_;
  std::uint64_t budget_;
};

}  // namespace palimpsest::onnx_import
