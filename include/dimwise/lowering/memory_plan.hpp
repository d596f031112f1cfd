// lowering/memory_plan.hpp: a place in the workspace for every buffer; buffers that are never alive together share memory.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace dimwise {

/// A request for `size` elements, alive from position `first` to position `last` of the execution (both included).
struct buffer_request {
  std::ptrdiff_t size = 0;
  int first = 0, last = 0;
  std::ptrdiff_t offset = -1;  ///< the answer
};

/// First-fit placement in order of birth; returns the length of the workspace. Offsets are multiples of `alignment` elements.
inline std::ptrdiff_t place_buffers(std::vector<buffer_request>& requests, std::ptrdiff_t alignment) {
  std::vector<std::size_t> order(requests.size());
  for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return requests[a].first != requests[b].first ? requests[a].first < requests[b].first : a < b;
  });
  std::vector<std::size_t> alive;  // sorted by offset
  std::ptrdiff_t total = 0;
  for (std::size_t r : order) {
    buffer_request& q = requests[r];
    const std::ptrdiff_t size = (q.size + alignment - 1) / alignment * alignment;
    std::erase_if(alive, [&](std::size_t a) { return requests[a].last < q.first; });
    std::ptrdiff_t at = 0;
    auto before = alive.begin();
    for (; before != alive.end(); ++before) {
      const buffer_request& a = requests[*before];
      if (at + size <= a.offset) break;
      at = std::max(at, a.offset + (a.size + alignment - 1) / alignment * alignment);
    }
    q.offset = at;
    alive.insert(before, r);
    total = std::max(total, at + size);
  }
  return total;
}

}  // namespace dimwise
