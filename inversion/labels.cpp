#include "inversion/labels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "inversion/label_equations.h"

namespace palimpsest::inversion {
namespace {

struct RuleName {
  LabelRule rule;
  std::string_view name;
};
constexpr std::array rule_names{RuleName{LabelRule::automatic, "automatic"},
                                RuleName{LabelRule::idlg, "idlg"},
                                RuleName{LabelRule::bias_sign, "bias-sign"},
                                RuleName{LabelRule::column_min, "column-min"},
                                RuleName{LabelRule::column_sign, "column-sign"},
                                RuleName{LabelRule::llg, "llg"},
                                RuleName{LabelRule::bias_corrected, "bias-corrected"},
                                RuleName{LabelRule::ilrg, "ilrg"}};

std::size_t index_of(std::int64_t i) { return static_cast<std::size_t>(i); }

std::vector<double> row_sums(const HeadGradient& head) {
  std::vector<double> sums(index_of(head.classes));
  for (std::size_t c = 0; c < sums.size(); ++c) {
    const auto row = head.weight_gradient.begin() + static_cast<std::ptrdiff_t>(c) * head.features;
    sums[c] = std::accumulate(row, row + head.features, 0.0);
  }
  return sums;
}

std::vector<double> row_minima(const HeadGradient& head) {
  std::vector<double> minima(index_of(head.classes));
  for (std::size_t c = 0; c < minima.size(); ++c) {
    const auto row = head.weight_gradient.begin() + static_cast<std::ptrdiff_t>(c) * head.features;
    minima[c] = *std::min_element(row, row + head.features);
  }
  return minima;
}

std::size_t least(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
}

std::vector<std::size_t> rising(const std::vector<double>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

/// One example for each class of `order`, again and again until there are as many.
std::vector<std::int64_t> in_turn(const std::vector<std::size_t>& order, const HeadGradient& head) {
  std::vector<std::int64_t> counts(index_of(head.classes), 0);
  for (std::int64_t i = 0; i < head.examples; ++i) ++counts[order[index_of(i) % order.size()]];
  return counts;
}

/// A class without an example has dW_c = mean_i p_ic h_i, which is nowhere negative where h is not.
/// So a negative entry proves its class: those classes, least entry first, or all if there are
/// none.
std::vector<std::size_t> by_sign(const std::vector<double>& minima) {
  std::vector<std::size_t> order = rising(minima);
  const auto proven = std::count_if(minima.begin(), minima.end(), [](double m) { return m < 0; });
  if (proven > 0) order.resize(static_cast<std::size_t>(proven));
  return order;
}

/// Every class of negative score has an example, most negative first; each example taken lowers
/// the class by its share of the negative mass, and what is left goes to the lowest class.
std::vector<std::int64_t> by_impact(std::vector<double> scores, std::int64_t examples,
                                    double correction) {
  double negative = 0;
  for (const double score : scores) negative += std::min(score, 0.0);
  const double impact = negative * correction / static_cast<double>(examples);
  std::vector<std::int64_t> counts(scores.size(), 0);
  std::vector<double> first = scores;
  std::int64_t taken = 0;
  for (std::size_t c = least(first); taken < examples && first[c] < 0; c = least(first)) {
    ++counts[c];
    ++taken;
    scores[c] -= impact;
    first[c] = 0;
  }
  for (; taken < examples; ++taken) {
    const std::size_t c = least(scores);
    ++counts[c];
    scores[c] -= impact;
  }
  return counts;
}

void need_bias(const HeadGradient& head, LabelRule rule) {
  if (head.bias_gradient.empty())
    throw InputError(text("label rule '", name_of(rule),
                          "': the gradient of the last layer's bias expected, none came; 'llg' and "
                          "'column-min' need no bias"));
}

std::vector<std::int64_t> counts_by(const HeadGradient& head, LabelRule rule) {
  switch (rule) {
    case LabelRule::automatic:
      break;
    case LabelRule::idlg:
      return in_turn(rising(row_sums(head)), head);
    case LabelRule::bias_sign:
      return in_turn(rising(head.bias_gradient), head);
    case LabelRule::column_min:
      return in_turn(rising(row_minima(head)), head);
    case LabelRule::column_sign:
      return in_turn(by_sign(row_minima(head)), head);
    case LabelRule::llg:
      return by_impact(row_sums(head), head.examples, 1 + 1 / static_cast<double>(head.classes));
    case LabelRule::bias_corrected:
      return by_impact(head.bias_gradient, head.examples, 1);
    case LabelRule::ilrg:
      return whole_counts(solve_label_equations(head), head.examples);
  }
  throw InputError("label rule: one rule expected, 'automatic' came");
}

/// Classes that have an example for certain: db_c < 0, or an entry of dW_c < 0 where some row
/// without any shows that features are not negative.
std::vector<bool> proven_classes(const HeadGradient& head) {
  const std::vector<double> minima = row_minima(head);
  const bool signs_tell = *std::max_element(minima.begin(), minima.end()) >= 0;
  std::vector<bool> proven;
  for (std::size_t c = 0; c < minima.size(); ++c)
    proven.push_back(head.bias_gradient[c] < 0 || (signs_tell && minima[c] < 0));
  return proven;
}

/// Whether the solution of the label equations contradicts what is certain. It does once a network
/// is trained: the few examples that it gets wrong then stand for the mean of their class.
bool equations_contradicted(const HeadGradient& head) {
  const std::vector<bool> proven = proven_classes(head);
  // More classes than examples: the update is noisy, and signs prove nothing.
  if (std::count(proven.begin(), proven.end(), true) > head.examples) return false;
  const std::vector<double> counts = solve_label_equations(head);
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (!(counts[c] >= (proven[c] ? 0.5 : -0.5))) return true;
  return false;
}

LabelRule chosen(const HeadGradient& head) {
  const bool bias = !head.bias_gradient.empty();
  if (head.examples == 1) return bias ? LabelRule::bias_sign : LabelRule::idlg;
  if (!bias) return LabelRule::llg;
  return equations_contradicted(head) ? LabelRule::column_sign : LabelRule::ilrg;
}

std::string note_of(const HeadGradient& head, LabelRule rule) {
  switch (rule) {
    case LabelRule::idlg:
      return head.examples == 1 ? "exact when the last features are not negative (ReLU, sigmoid)"
                                : "made for one example; classes are taken as distinct";
    case LabelRule::bias_sign:
      return head.examples == 1 ? "exact: only the true class has a negative bias gradient"
                                : "right when all labels differ; duplicates are lost";
    case LabelRule::column_min:
      return "needs distinct labels and features that are not negative";
    case LabelRule::column_sign:
      return "classes with a negative entry are certain where features are not negative; how often "
             "each comes is not known and taken as equal";
    case LabelRule::llg:
      return "an estimate; counts are good for networks that are not trained yet, and need "
             "features that are not negative";
    case LabelRule::bias_corrected:
      return "an estimate; counts are good for networks that are not trained yet";
    case LabelRule::ilrg:
      return "least squares on the class-wise mean features; best for networks that are not "
             "trained yet, duplicates are counted";
    case LabelRule::automatic:
      break;
  }
  return {};
}

}  // namespace

std::string_view name_of(LabelRule rule) {
  for (const RuleName& entry : rule_names)
    if (entry.rule == rule) return entry.name;
  return "?";
}

LabelRule label_rule_of(std::string_view name) {
  std::string names;
  for (const RuleName& entry : rule_names) {
    if (entry.name == name) return entry.rule;
    names += text(names.empty() ? "" : ", ", entry.name);
  }
  throw InputError(text("label rule: one of ", names, " expected, '", name, "' came"));
}

RecoveredLabels recover_labels(const HeadGradient& head, LabelRule rule) {
  const bool asked = rule != LabelRule::automatic;
  if (!asked) rule = chosen(head);
  if (rule == LabelRule::bias_sign || rule == LabelRule::bias_corrected || rule == LabelRule::ilrg)
    need_bias(head, rule);
  const std::string why =
      asked ? "asked for"
            : text("chosen for ", head.examples, head.examples == 1 ? " example " : " examples ",
                   head.bias_gradient.empty() ? "without" : "with", " a bias gradient");
  return {rule, counts_by(head, rule), text(why, "; ", note_of(head, rule))};
}

std::vector<std::int64_t> labels_of(std::span<const std::int64_t> counts) {
  std::vector<std::int64_t> labels;
  for (std::size_t c = 0; c < counts.size(); ++c)
    labels.insert(labels.end(), index_of(counts[c]), static_cast<std::int64_t>(c));
  return labels;
}

}  // namespace palimpsest::inversion
