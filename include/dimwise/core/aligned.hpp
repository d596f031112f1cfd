// core/aligned.hpp: memory that starts at a cache line, for workspaces and arrays that kernels read.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace dimwise {

template <class T, std::size_t Alignment = 64>
struct aligned_allocator {
  using value_type = T;
  template <class U>
  struct rebind {
    using other = aligned_allocator<U, Alignment>;
  };
  aligned_allocator() = default;
  template <class U>
  aligned_allocator(const aligned_allocator<U, Alignment>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(Alignment))); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, std::align_val_t(Alignment)); }
  template <class U>
  bool operator==(const aligned_allocator<U, Alignment>&) const {
    return true;
  }
};

/// A vector whose first element is at a multiple of 64 bytes.
template <class T>
using aligned_vector = std::vector<T, aligned_allocator<T>>;

}  // namespace dimwise
