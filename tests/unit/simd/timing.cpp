// tests/unit/simd/timing.cpp: the fastest window is proportional to the work in it.
#include "../../catch.hpp"
#include <dimwise/simd/timing.hpp>

TEST_CASE("best_seconds grows with the work", "[simd]") {
  volatile double sink = 1;
  const auto work = [&](int n) {
    return [&sink, n] {
      for (int i = 0; i < n; ++i) sink = sink * 1.0000001;
    };
  };
  const double one = dimwise::simd::best_seconds(work(200), 40), ten = dimwise::simd::best_seconds(work(2000), 40);
  CHECK(one > 0);
  CHECK(ten > 5 * one);
  CHECK(ten < 20 * one);
}
