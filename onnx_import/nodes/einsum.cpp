// Einsum: operands are contracted one after the other, each time as one batched product of
// matrices.

#include <algorithm>
#include <cctype>
#include <map>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

/// A tensor whose axes have labels: letters, and digits for the axes of an ellipsis.
struct Labelled {
  Value value;
  std::string labels;
};

struct Equation {
  std::vector<std::string> operands;
  std::string result;
  bool has_result = false;
};

Equation parsed(const NodeContext& node) {
  std::string equation = node.attributes().string("equation", "");
  std::erase(equation, ' ');
  Equation parts;
  const std::size_t arrow = equation.find("->");
  parts.has_result = arrow != std::string::npos;
  if (parts.has_result) parts.result = equation.substr(arrow + 2);
  const std::string left = equation.substr(0, arrow);
  std::size_t begin = 0;
  while (begin <= left.size()) {
    const std::size_t end = std::min(left.find(',', begin), left.size());
    parts.operands.push_back(left.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Replaces "..." by one digit an axis, counted from the last axis so that operands align.
std::string without_ellipsis(const NodeContext& node, std::string labels, int ellipsis_rank) {
  const std::size_t at = labels.find("...");
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::isalpha(static_cast<unsigned char>(labels[i])) == 0 && (i < at || i - at >= 3))
      node.invalid(text("equation: unexpected character '", labels[i], "'"));
  if (at != std::string::npos) {
    if (ellipsis_rank < 0 || ellipsis_rank > 9)
      node.invalid(text("equation: an ellipsis of ", ellipsis_rank, " axes"));
    std::string digits;
    for (int i = ellipsis_rank; i-- > 0;) digits += static_cast<char>('0' + i);
    labels.replace(at, 3, digits);
  }
  return labels;
}

bool holds(const std::string& labels, char label) {
  return labels.find(label) != std::string::npos;
}

/// A label that comes twice in one operand means the diagonal of those two axes.
Labelled with_distinct_labels(const NodeContext& node, Labelled x) {
  for (std::size_t i = 0; i < x.labels.size(); ++i) {
    const std::size_t j = x.labels.find(x.labels[i], i + 1);
    if (j == std::string::npos) continue;
    const Shape& shape = x.value.shape();
    const int a = static_cast<int>(i);
    const int b = static_cast<int>(j);
    if (shape[a] != shape[b])
      node.invalid(
          text("equation: label '", x.labels[i], "' has extents ", shape[a], " and ", shape[b]));
    Graph& graph = x.value.graph();
    const Shape plane = ones_shape(shape.rank()).with(a, shape[a]).with(b, shape[b]);
    const Value diagonal = equal(iota(graph, plane, a), iota(graph, plane, b));
    const Value kept = select(diagonal, x.value, zeros_like(x.value));
    x.value = squeeze_axis(reduce_sum(kept, {b}), b);
    x.labels.erase(j, 1);
    return with_distinct_labels(node, std::move(x));
  }
  return x;
}

/// Sums away the labels that nothing else needs.
Labelled summed(Labelled x, const std::string& needed) {
  for (std::size_t i = x.labels.size(); i-- > 0;) {
    if (holds(needed, x.labels[i])) continue;
    const int axis = static_cast<int>(i);
    x.value = squeeze_axis(reduce_sum(x.value, {axis}), axis);
    x.labels.erase(i, 1);
  }
  return x;
}

Value permuted(const Labelled& x, const std::string& order) {
  std::vector<int> axes;
  for (const char label : order) axes.push_back(static_cast<int>(x.labels.find(label)));
  return permute(x.value, axes);
}

using Extents = std::map<char, std::int64_t>;

Shape shape_of(const std::string& labels, const Extents& extents) {
  std::vector<std::int64_t> shape;
  for (const char label : labels) shape.push_back(extents.at(label));
  return Shape(std::move(shape));
}

std::int64_t size_of_labels(const std::string& labels, const Extents& extents) {
  return shape_of(labels, extents).elements();
}

/// Extents of all labels, those of 1 broadcast against others.
Extents extents_of(const NodeContext& node, const std::vector<Labelled>& operands) {
  Extents extents;
  for (const Labelled& x : operands)
    for (std::size_t i = 0; i < x.labels.size(); ++i) {
      const std::int64_t extent = x.value.shape()[static_cast<int>(i)];
      std::int64_t& common = extents.emplace(x.labels[i], extent).first->second;
      if (common == 1) common = extent;
      if (extent != 1 && extent != common)
        node.invalid(
            text("equation: label '", x.labels[i], "' has extents ", common, " and ", extent));
    }
  return extents;
}

/// Sum over the labels that both have and nothing else needs.
Labelled contracted(const Labelled& a, const Labelled& b, const std::string& needed,
                    const Extents& extents) {
  std::string batch, rows, inner, columns;
  for (const char label : a.labels)
    (!holds(b.labels, label) ? rows : holds(needed, label) ? batch : inner) += label;
  for (const char label : b.labels)
    if (!holds(a.labels, label)) columns += label;
  const auto side = [&](const Labelled& x, const std::string& first, const std::string& second) {
    const Value aligned = broadcast_to(permuted(x, batch + first + second),
                                       shape_of(batch + first + second, extents));
    return reshape(aligned, Shape{size_of_labels(batch, extents), size_of_labels(first, extents),
                                  size_of_labels(second, extents)});
  };
  const Value y = matmul(side(a, rows, inner), side(b, inner, columns));
  const std::string labels = batch + rows + columns;
  return {reshape(y, shape_of(labels, extents)), labels};
}

/// Without "->": the labels that come once, in alphabetical order, behind the ellipsis.
std::string implied_result(const std::vector<std::string>& operands) {
  std::map<char, int> counts;
  for (const std::string& labels : operands)
    for (const char label : labels) ++counts[label];
  std::string digits, letters;
  for (const auto& [label, count] : counts)
    if (std::isdigit(static_cast<unsigned char>(label)) != 0)
      digits.insert(digits.begin(), label);
    else if (count == 1)
      letters += label;
  return digits + letters;
}

std::vector<Labelled> labelled_operands(NodeContext& node, const Equation& equation) {
  if (equation.operands.size() != node.input_count())
    node.invalid(text("equation: ", equation.operands.size(), " operands, ", node.input_count(),
                      " inputs came"));
  std::vector<Labelled> operands;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Value x = node.input(i);
    const std::string& labels = equation.operands[i];
    const bool open = labels.find("...") != std::string::npos;
    const int ellipsis = x.shape().rank() - static_cast<int>(labels.size()) + 3;
    const std::string plain = without_ellipsis(node, labels, open ? ellipsis : 0);
    if (plain.size() != static_cast<std::size_t>(x.shape().rank()))
      node.invalid(text("equation: '", labels, "' does not fit ", x.shape()));
    operands.push_back(with_distinct_labels(node, {x, plain}));
  }
  return operands;
}

int widest_ellipsis(const std::vector<Labelled>& operands) {
  int widest = 0;
  for (const Labelled& x : operands)
    for (const char label : x.labels)
      if (std::isdigit(static_cast<unsigned char>(label)) != 0)
        widest = std::max(widest, label - '0' + 1);
  return widest;
}

std::vector<Value> einsum(NodeContext& node) {
  const Equation equation = parsed(node);
  std::vector<Labelled> operands = labelled_operands(node, equation);
  std::vector<std::string> plain;
  for (const Labelled& x : operands) plain.push_back(x.labels);
  const std::string result =
      equation.has_result ? without_ellipsis(node, equation.result, widest_ellipsis(operands))
                          : implied_result(plain);
  const Extents extents = extents_of(node, operands);
  for (const char label : result)
    if (!extents.contains(label) || result.find(label) != result.rfind(label))
      node.invalid(text("equation: label '", label, "' of the result"));

  const auto needed_after = [&](std::size_t i) {
    std::string needed = result;
    for (std::size_t later = i + 1; later < operands.size(); ++later) needed += plain[later];
    return needed;
  };
  std::string others = needed_after(0);
  Labelled sum = summed(operands.front(), others);
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const std::string needed = needed_after(i);
    sum = contracted(sum, summed(operands[i], needed + sum.labels), needed, extents);
    sum = summed(sum, needed);
  }
  const Value y = permuted(sum, result);
  return {broadcast_to(y, shape_of(result, extents))};
}

}  // namespace

void add_einsum_nodes(NodeTable& table) { table.add("Einsum", 12, einsum); }

}  // namespace palimpsest::onnx_import
