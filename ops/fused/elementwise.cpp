#include "ops/fused/elementwise.h"

#include "ops/pointwise/binary.h"

namespace palimpsest {
namespace {

template <class... P>
bool is_one_of(const Op& op) {
  return ((op.type() == typeid(P)) || ...);
}

}  // namespace

bool is_elementwise(const Op& op) {
  // Every primitive of kind pointwise is one by definition; the others are named.
  return op.derivative() == Derivative::pointwise ||
         is_one_of<Sign, Floor, Ceil, Round, Not, IsNan, IsInf, Detach, Equal, Less, LessEqual, And,
                   Or, Xor, ShiftLeft, ShiftRight, Select, Cast>(op);
}

}  // namespace palimpsest
