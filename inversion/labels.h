#pragma once
// Which classes the private examples have, read from the gradient of the last layer alone.
// All rules are for cross-entropy after a linear layer z = W h + b and see the mean gradient
//   db_c = mean_i (p_ic - y_ic),   dW_c = mean_i (p_ic - y_ic) h_i.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inversion/problem.h"

namespace palimpsest::inversion {

enum class LabelRule {
  automatic,
  idlg,         ///< least row sum of dW (Zhao et al. 2020): one example, features >= 0
  bias_sign,    ///< classes with db_c < 0: distinct labels
  column_min,   ///< least entries of dW (Yin et al. 2021): distinct labels, features >= 0
  column_sign,  ///< classes whose row of dW has a negative entry share the examples: features >= 0
  llg,          ///< row sums with the impact of one example taken off (Wainakh et al. 2022)
  bias_corrected,  ///< the same on db
  ilrg             ///< least squares over class-wise mean embeddings (Ma et al. 2023)
};

std::string_view name_of(LabelRule rule);
/// Throws InputError listing the names.
LabelRule label_rule_of(std::string_view name);

/// The last layer and its mean gradient, row-major.
struct HeadGradient {
  std::int64_t classes = 0, features = 0, examples = 1;
  std::vector<double> weight_gradient{};  ///< [classes, features]
  std::vector<double> bias_gradient{};    ///< [classes], or empty
  std::vector<double> weight{}, bias{};   ///< the layer's own values
};

/// Throws InputError when the model has no such layer, it is not observed, or the loss is not
/// cross-entropy. Sums become means; a delta is divided by -(rate * steps), which is exact for
/// one plain SGD step only.
HeadGradient head_gradient(const Problem& problem);

struct RecoveredLabels {
  LabelRule rule = LabelRule::automatic;
  std::vector<std::int64_t> counts;  ///< examples per class; they sum to `examples`
  std::string note;                  ///< why this rule, and what it needs to be right
};

/// Throws InputError when the rule needs a bias gradient that is missing.
RecoveredLabels recover_labels(const HeadGradient& head, LabelRule rule = LabelRule::automatic);

/// The labels of the counts, rising, [sum of counts].
std::vector<std::int64_t> labels_of(std::span<const std::int64_t> counts);

}  // namespace palimpsest::inversion
