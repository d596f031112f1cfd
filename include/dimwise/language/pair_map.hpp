// language/pair_map.hpp: (int, int) -> int for memoised sweeps in constant evaluation.
#pragma once
#include <cstdint>

#include "../core/list.hpp"

namespace dimwise::detail {

class pair_map {
 public:
  /// The value stored for (a, b), or -1.
  constexpr int find(int a, int b) const {
    if (slots.count == 0) return -1;
    const int i = slots.data[place(a, b)];
    return i < 0 ? -1 : entries.data[i].value;
  }
  /// Stores a value for a pair that has none.
  constexpr void insert(int a, int b, int value) {
    if (slots.count < 2 * entries.count + 2) grow();
    slots.data[place(a, b)] = entries.count;
    entries.push_back({a, b, value});
  }

 private:
  struct entry {
    int a = 0, b = 0, value = 0;
  };
  list<entry> entries;
  list<int> slots;
  constexpr int place(int a, int b) const {
    const int bits = slots.count - 1;
    int h =
        int((std::uint64_t(std::uint32_t(a)) * 0x9e3779b97f4a7c15ull ^ std::uint64_t(std::uint32_t(b)) * 0xc2b2ae3d27d4eb4full) >>
            33) &
        bits;
    while (slots.data[h] >= 0 && (entries.data[slots.data[h]].a != a || entries.data[slots.data[h]].b != b)) h = (h + 1) & bits;
    return h;
  }
  constexpr void grow() {
    const int size = slots.count ? 4 * slots.count : 32;
    slots.reserve(size);
    slots.count = size;
    for (int i = 0; i < size; i++) slots.data[i] = -1;
    for (int i = 0; i < entries.count; i++) slots.data[place(entries.data[i].a, entries.data[i].b)] = i;
  }
};

}  // namespace dimwise::detail
