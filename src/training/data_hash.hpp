// src/training/data_hash.hpp: a hash of numbers, by which a resumed run knows its data again.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace dimwise::detail {

/// The hash of what came before, then of `size` values by their bits.
template <class T>
std::uint64_t mix(std::uint64_t hash, const T* values, std::size_t size) {
  const auto add = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  };
  add(size);
  for (std::size_t i = 0; i < size; i++) {
    std::uint64_t word = 0;
    std::memcpy(&word, &values[i], sizeof(T));
    add(word);
  }
  return hash;
}
template <class T>
std::uint64_t mix(std::uint64_t hash, const std::vector<T>& values) {
  return mix(hash, values.data(), values.size());
}

}  // namespace dimwise::detail
