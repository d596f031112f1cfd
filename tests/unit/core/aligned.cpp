// tests/unit/core/aligned.cpp: arrays start at a cache line, whatever their size and type.
#include "catch.hpp"

#include <cstdint>

#include <dimwise/core/aligned.hpp>

using namespace dimwise;

TEST_CASE("arrays start at multiples of 64 bytes") {
  for (const std::size_t n : {1u, 3u, 17u, 1000u}) {
    aligned_vector<float> a(n);
    aligned_vector<double> b(n, 2.0);
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    b.resize(3 * n);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    CHECK(b[0] == 2.0);
  }
}
