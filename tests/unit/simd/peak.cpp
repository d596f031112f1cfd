// tests/unit/simd/peak.cpp: measured rates are plausible.
#include "../../catch.hpp"
#include <dimwise/simd/peak.hpp>

TEMPLATE_TEST_CASE("the measured peak is positive and the load-fed rate does not pass it by much", "[simd]", float, double) {
  const auto rates = dimwise::simd::measure_peak<TestType>();
  CHECK(rates.register_gflops > 0.1);
  CHECK(rates.load_fed_gflops > 0.1);
  // The machine's clock may change between the two measurements.
  CHECK(rates.load_fed_gflops < 1.5 * rates.register_gflops);
}
