#pragma once
// What the whole test executable allocates through operator new, which it replaces.

#include <cstddef>

namespace palimpsest::testing {

/// Calls of operator new so far.
std::size_t allocations();
/// Bytes allocated and not yet freed, as the allocator rounds them.
std::size_t live_bytes();

}  // namespace palimpsest::testing
