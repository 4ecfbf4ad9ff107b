#pragma once
// Which version of each operator domain a model or function was written for.

#include <cstdint>
#include <map>
#include <string>

namespace palimpsest::onnx_import {

class Opsets {
 public:
  /// From the opset imports of a wire::Model or wire::Function. Throws ImportError for versions
  /// below 1 and domains that come twice.
  template <class Imports>
  static Opsets of(const Imports& imports, const std::string& where) {
    Opsets opsets;
    for (const auto& entry : imports) opsets.add(entry.domain(), entry.version(), where);
    return opsets;
  }

  /// 0 when the domain is not imported. "" and "ai.onnx" are one domain.
  std::int64_t version(const std::string& domain) const;

 private:
  void add(const std::string& domain, std::int64_t version, const std::string& where);

  std::map<std::string, std::int64_t> versions_;
};

/// True for the domain of ONNX's own operators.
inline bool is_default_domain(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

}  // namespace palimpsest::onnx_import
