// tests/unit/lowering/memory_plan.cpp: buffers that are alive together never overlap, and memory is reused.
#include "dimwise/lowering/memory_plan.hpp"

#include "catch.hpp"

using namespace dimwise;

TEST_CASE("buffers alive at the same time do not overlap", "[lowering]") {
  unsigned state = 7;
  const auto draw = [&](int n) {
    state = state * 1664525u + 1013904223u;
    return int((state >> 8) % unsigned(n));
  };
  for (int trial = 0; trial < 50; trial++) {
    std::vector<buffer_request> q(60);
    std::ptrdiff_t all = 0;
    for (buffer_request& r : q) {
      r.size = draw(100);
      r.first = draw(80);
      r.last = r.first + draw(20);
      all += (r.size + 15) / 16 * 16;
    }
    const std::ptrdiff_t total = place_buffers(q, 16);
    for (std::size_t i = 0; i < q.size(); i++) {
      REQUIRE(q[i].offset >= 0);
      REQUIRE(q[i].offset % 16 == 0);
      REQUIRE(q[i].offset + q[i].size <= total);
      for (std::size_t j = 0; j < i; j++) {
        const bool together = q[i].first <= q[j].last && q[j].first <= q[i].last;
        const bool overlap = q[i].offset < q[j].offset + q[j].size && q[j].offset < q[i].offset + q[i].size;
        REQUIRE_FALSE((together && overlap && q[i].size && q[j].size));
      }
    }
    REQUIRE(total < all);
  }
}
