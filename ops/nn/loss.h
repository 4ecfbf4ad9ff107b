#pragma once
// Losses that federated clients minimise. Class axis is 1 of [N, C, extra...]; all return
// rank-0 values.

#include "graph/value.h"

namespace palimpsest::nn {

enum class Reduction { mean, sum };

/// -log softmax(logits)[label]; labels i64 [N, extra...].
Value cross_entropy(Value logits, Value labels, Reduction reduction);
/// -sum_c target_c log softmax(logits)_c; targets shaped like logits.
Value soft_cross_entropy(Value logits, Value targets, Reduction reduction);
/// The same two for a model that already returns log-probabilities.
Value nll(Value log_probabilities, Value labels, Reduction reduction);
Value soft_nll(Value log_probabilities, Value targets, Reduction reduction);
/// Binary cross-entropy on logits, in the stable form; targets shaped like logits; the mean is
/// over all elements.
Value bce_with_logits(Value logits, Value targets, Reduction reduction);
/// Squared error; the mean is over all elements.
Value mse(Value prediction, Value target, Reduction reduction);
/// One-hot rows: labels [N...] -> [N, depth, ...] with the class axis at 1.
Value one_hot(Value labels, std::int64_t depth, DType dtype);

}  // namespace palimpsest::nn
