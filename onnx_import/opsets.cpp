#include "onnx_import/opsets.h"

#include "graph/error.h"

namespace palimpsest::onnx_import {

std::int64_t Opsets::version(const std::string& domain) const {
  const auto it = versions_.find(is_default_domain(domain) ? "" : domain);
  return it == versions_.end() ? 0 : it->second;
}

void Opsets::add(const std::string& domain, std::int64_t version, const std::string& where) {
  if (version < 1)
    throw ImportError(
        text(where, ": opset of domain '", domain, "': at least 1 expected, ", version, " came"));
  if (!versions_.emplace(is_default_domain(domain) ? "" : domain, version).second)
    throw ImportError(text(where, ": opset of domain '", domain, "' comes twice"));
}

}  // namespace palimpsest::onnx_import
