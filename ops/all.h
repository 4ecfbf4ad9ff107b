#pragma once
// The whole language in one list. Only tests, the kernel tables and documentation checks
// read it; everything else includes the family it uses.

#include "graph/sources.h"
#include "ops/conv/conv.h"
#include "ops/gather/gather.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"
#include "ops/window/window.h"

namespace palimpsest {

template <Primitive... P>
struct PrimitiveList {
  /// Calls f.template operator()<P>() for each primitive.
  template <class F>
  static void for_each(F f) {
    (f.template operator()<P>(), ...);
  }
};

/// Every primitive that a kernel table must hold (Input and Constant need no kernel).
using AllPrimitives =
    PrimitiveList<Neg, Abs, Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal, Sin, Cos, Tan, Asin,
                  Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh, Tanh, Sigmoid, Softplus, Erf, Relu,
                  Sign, Floor, Ceil, Round, Not, IsNan, IsInf, Detach, Add, Sub, Mul, Div, Pow,
                  Fmod, Maximum, Minimum, Equal, Less, LessEqual, And, Or, Xor, ShiftLeft,
                  ShiftRight, Select, Cast, Reshape, Permute, Broadcast, Slice, Pad, Concat,
                  Reverse, ReduceSum, CumSum, ReduceMax, ArgMax, TopK, Gather, ScatterAdd, MatMul,
                  Inverse, Determinant, Conv, ConvInputGrad, ConvFilterGrad, WindowSum,
                  WindowSpread, WindowArgmax, Iota, Random>;

}  // namespace palimpsest
