#pragma once
// Constants in the layouts that kernels want. While a program is prepared, kernels that want
// the same constant in the same layout find each other's copy here and share it.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "graph/literal.h"

namespace palimpsest::runtime {

class PackedConstants {
 public:
  /// The T made of the constant for `layout`, any bytes that tell layouts apart: one that is
  /// there already, or make()'s. The literals must outlive this object.
  template <class T, class Make>
  std::shared_ptr<T> find_or_make(const Literal& constant, std::string layout, Make make) {
    std::shared_ptr<void>& entry = entries_[{constant.bytes(), std::move(layout)}];
    if (!entry) entry = std::make_shared<T>(make());
    return std::static_pointer_cast<T>(entry);
  }

 private:
  std::map<std::pair<const std::byte*, std::string>, std::shared_ptr<void>> entries_;
};

}  // namespace palimpsest::runtime
