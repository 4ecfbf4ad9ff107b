#pragma once
// Which function lowers which operator of which version. Filled by explicit calls, one per
// operator and change of meaning (nodes/nodes.h).

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "graph/value.h"

namespace palimpsest::onnx_import {

class NodeContext;

/// Builds one ONNX node; returns its outputs, of which trailing ones may be left out.
using Lowering = std::vector<Value> (*)(NodeContext&);

/// The newest version of the default domain whose operators are known here.
inline constexpr std::int64_t newest_opset = 28;

class NodeTable {
 public:
  /// `lower` holds from version `since` of the default domain on, until a later entry.
  void add(std::string_view name, std::int64_t since, Lowering lower) {
    entries_[std::string(name)][since] = lower;
  }
  /// The lowering for a version, null when there is none.
  Lowering find(std::string_view name, std::int64_t version) const;
  /// In words, why `find` returns null.
  std::string reason(std::string_view name, std::int64_t version) const;

 private:
  std::map<std::string, std::map<std::int64_t, Lowering>, std::less<>> entries_;
};

}  // namespace palimpsest::onnx_import
