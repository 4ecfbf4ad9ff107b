#pragma once
// Host memory of a given number of bytes, aligned as kernels expect it.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

#include "graph/error.h"

namespace palimpsest::runtime {

inline constexpr std::size_t alignment = 64;

using Buffer = std::shared_ptr<std::byte>;

/// Uninitialised memory; never null. Throws ResourceError when the system has none left.
inline Buffer allocated(std::size_t bytes) {
  constexpr std::align_val_t align{alignment};
  void* memory = ::operator new(std::max<std::size_t>(bytes, 1), align, std::nothrow);
  if (!memory) throw ResourceError(text("memory: the system refused ", bytes, " bytes"));
  return {static_cast<std::byte*>(memory), [](std::byte* p) { ::operator delete(p, align); }};
}

}  // namespace palimpsest::runtime
