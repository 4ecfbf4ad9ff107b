#pragma once
// Softmax and its logarithm along one axis; the shift by the maximum carries no derivative.

#include "graph/value.h"

namespace palimpsest::nn {

Value softmax(Value x, int axis);
Value log_softmax(Value x, int axis);

}  // namespace palimpsest::nn
