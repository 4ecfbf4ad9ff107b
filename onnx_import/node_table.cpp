#include "onnx_import/node_table.h"

#include <algorithm>
#include <array>

#include "graph/error.h"

namespace palimpsest::onnx_import {
namespace {

struct KnownGap {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view control = "loops are not unrolled yet";
constexpr std::string_view quantised = "quantised arithmetic carries no derivative";
constexpr std::string_view random = "a random operator has no derivative to match";
constexpr std::string_view data_dependent = "its output shape depends on data";
constexpr std::string_view strings = "strings are not tensors of numbers";

constexpr std::array gaps{
    KnownGap{"BitwiseNot", "the width of unsigned integers is not kept"},
    KnownGap{"Loop", control},
    KnownGap{"Scan", control},
    KnownGap{"SequenceMap", control},
    KnownGap{"QuantizeLinear", quantised},
    KnownGap{"DequantizeLinear", quantised},
    KnownGap{"DynamicQuantizeLinear", quantised},
    KnownGap{"QLinearConv", quantised},
    KnownGap{"QLinearMatMul", quantised},
    KnownGap{"ConvInteger", quantised},
    KnownGap{"MatMulInteger", quantised},
    KnownGap{"Bernoulli", random},
    KnownGap{"Multinomial", random},
    KnownGap{"RandomNormal", random},
    KnownGap{"RandomNormalLike", random},
    KnownGap{"RandomUniform", random},
    KnownGap{"RandomUniformLike", random},
    KnownGap{"NonMaxSuppression", data_dependent},
    KnownGap{"Unique", data_dependent},
    KnownGap{"StringConcat", strings},
    KnownGap{"StringNormalizer", strings},
    KnownGap{"StringSplit", strings},
    KnownGap{"RegexFullMatch", strings},
    KnownGap{"TfIdfVectorizer", strings},
};

}  // namespace

Lowering NodeTable::find(std::string_view name, std::int64_t version) const {
  const auto versions = entries_.find(name);
  if (versions == entries_.end()) return nullptr;
  const auto after = versions->second.upper_bound(version);
  return after == versions->second.begin() ? nullptr : std::prev(after)->second;
}

std::string NodeTable::reason(std::string_view name, std::int64_t version) const {
  const auto versions = entries_.find(name);
  if (versions != entries_.end())
    return text("opset ", versions->second.begin()->first, " or newer expected, ", version,
                " came");
  const auto gap = std::find_if(gaps.begin(), gaps.end(),
                                [&](const KnownGap& known) { return known.name == name; });
  return gap == gaps.end() ? "no lowering for this operator" : std::string(gap->reason);
}

}  // namespace palimpsest::onnx_import
