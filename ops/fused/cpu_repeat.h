#pragma once
// Reads of a small operand as if it were broadcast, some consecutive elements at a time.

#include <cstddef>
#include <vector>

#include "graph/tensor_type.h"

namespace palimpsest {

/// An operand repeated to a larger shape. Neighbouring axes that are both repeated, or both
/// not, count as one; with no axis left the operand is a single element.
class Repetition {
 public:
  /// `from` has the rank of `to`, and per axis its extent or 1.
  Repetition(const TensorType& from, const Shape& to);

  bool is_single() const { return axes_.empty(); }
  /// The number of elements after which the repeated tensor begins again with the first of the
  /// operand, which are then in the operand's order; 0 when it is no such repetition.
  std::int64_t period() const {
    if (is_single()) return 1;
    const bool whole = axes_.size() == 2 && axes_[0].stride == 0 && axes_[1].stride == 1;
    return whole ? axes_[1].extent : 0;
  }
  /// Writes elements [begin, begin + count) of the repeated tensor, row-major.
  void read(const std::byte* source, std::int64_t begin, std::int64_t count, std::byte* y) const;

 private:
  struct Axis {
    std::int64_t extent;
    std::int64_t stride;  ///< in elements of the source; 0 along repeated axes
  };

  template <class T>
  void read_elements(const T* source, std::int64_t begin, std::int64_t count, T* y) const;
  /// Offset in the source of a row: the axes but the last, counted row-major.
  std::int64_t row_offset(std::int64_t row) const;

  std::size_t element_size_;
  std::vector<Axis> axes_;
};

}  // namespace palimpsest
