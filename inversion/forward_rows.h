#pragma once
// A value of a model for any number of examples, in the batches that the model was imported for.

#include <span>

#include "graph/model.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

/// `value` of the model's function, with the parameters of the file, for N examples: one literal
/// [N, ...] for each data input, in their order and dtypes. The value holds one row per example of
/// the model's batch; the result is [N, elements of a row]. The last batch is filled up with its
/// last example, so rows must not depend on each other (BatchNormalization in evaluation mode).
/// Throws InputError for data that do not fit, UnsupportedError when the value has no such rows.
Literal forward_rows(const Model& model, Value value, std::span<const Literal> data,
                     const runtime::KernelTable& kernels, int threads);

}  // namespace palimpsest::inversion
