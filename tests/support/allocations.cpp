#include "tests/support/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace palimpsest::testing {
namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> live{0};

void* counted(void* memory) {
  if (!memory) return nullptr;
  ++count;
  live += malloc_usable_size(memory);
  return memory;
}

void* allocate(std::size_t bytes) { return counted(std::malloc(bytes > 0 ? bytes : 1)); }

void* allocate_aligned(std::size_t bytes, std::align_val_t align) {
  const auto alignment = static_cast<std::size_t>(align);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  return counted(std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment));
}

void release(void* memory) {
  if (memory) live -= malloc_usable_size(memory);
  std::free(memory);
}

void* or_throw(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

std::size_t allocations() { return count; }
std::size_t live_bytes() { return live; }

}  // namespace palimpsest::testing

namespace counting = palimpsest::testing;

void* operator new(std::size_t bytes) { return counting::or_throw(counting::allocate(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counting::allocate(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t align) {
  return counting::or_throw(counting::allocate_aligned(bytes, align));
}
void* operator new(std::size_t bytes, std::align_val_t align, const std::nothrow_t&) noexcept {
  return counting::allocate_aligned(bytes, align);
}
void operator delete(void* memory) noexcept { counting::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { counting::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { counting::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  counting::release(memory);
}
