#pragma once
// Which kernel a device has for which primitive. Filled by explicit calls, one per
// primitive; a missing kernel is named when a program is compiled or a device starts.

#include <string>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "runtime/kernel.h"

namespace palimpsest::runtime {

/// How the result may share memory with operands.
enum class Aliasing {
  none,     ///< the result needs memory of its own
  inplace,  ///< the result may overwrite any operand of the same byte size
  view      ///< the result is operand 0, or a piece of it, under another type: no kernel runs
};

class KernelTable {
 public:
  using Factory = std::unique_ptr<Kernel> (*)(const KernelRequest&);
  /// Where in its operand a view of that type begins, in bytes.
  using ViewOffset = std::size_t (*)(const Op& op, const TensorType& view);

  struct Entry {
    Factory prepare = nullptr;
    Aliasing aliasing = Aliasing::none;
    ViewOffset view_offset = nullptr;  ///< null: at its first byte
  };

  template <Primitive P>
  void add(Factory prepare, Aliasing aliasing = Aliasing::none) {
    entries_[typeid(P)] = Entry{prepare, aliasing, nullptr};
  }
  template <Primitive P>
  void add_view(ViewOffset offset = nullptr) {
    entries_[typeid(P)] = Entry{nullptr, Aliasing::view, offset};
  }
  template <Primitive P>
  bool has() const {
    return entries_.contains(typeid(P));
  }

  /// Throws UnsupportedError naming the primitive when there is no entry.
  const Entry& find(const Op& op) const {
    const auto it = entries_.find(op.type());
    if (it == entries_.end())
      throw UnsupportedError(text("this device has no kernel for '", op.name(), "'"));
    return it->second;
  }

 private:
  std::unordered_map<std::type_index, Entry> entries_;
};

}  // namespace palimpsest::runtime
