// tests/unit/simd/inverse_trigonometric.cpp: asin, acos and atan against long double, special points.
#include <dimwise/simd/inverse_trigonometric.hpp>

#include "../../catch.hpp"
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

namespace {
const auto asin_ = [](const auto& x) { return dimwise::simd::asin(x); };
const auto acos_ = [](const auto& x) { return dimwise::simd::acos(x); };
const auto atan_ = [](const auto& x) { return dimwise::simd::atan(x); };
const auto exact_asin = [](long double x) { return std::asin(x); };
const auto exact_acos = [](long double x) { return std::acos(x); };
const auto exact_atan = [](long double x) { return std::atan(x); };
}  // namespace

TEMPLATE_TEST_CASE("the inverse functions keep their bounds", "[simd]", float, double) {
  using T = TestType;
  CHECK_ULPS(T, 3, -1.0, 1.0, asin_, exact_asin);
  CHECK_ULPS(T, 3, 0.9999, 1.0, asin_, exact_asin);
  CHECK_ULPS(T, 3, -1.0, 1.0, acos_, exact_acos);
  CHECK_ULPS(T, 3, 0.9999, 1.0, acos_, exact_acos);
  CHECK_ULPS(T, 3, -3.0, 3.0, atan_, exact_atan);
  CHECK_ULPS(T, 3, -1e20, 1e20, atan_, exact_atan);
}

TEMPLATE_TEST_CASE("the inverse functions of special values", "[simd]", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          least = std::numeric_limits<T>::denorm_min();
  const T half_turn = T(3.14159265358979323846L);
  CHECK(at(asin_, T(1)) == half_turn / 2);
  CHECK(at(asin_, -least) == -least);
  CHECK(std::isnan(at(asin_, T(1.25))));
  CHECK(at(acos_, T(1)) == 0);
  CHECK(at(acos_, T(-1)) == half_turn);
  CHECK(std::isnan(at(acos_, T(-1.25))));
  CHECK(at(atan_, inf) == half_turn / 2);
  CHECK(at(atan_, -inf) == -half_turn / 2);
  for (const T y : {at(asin_, nan), at(acos_, nan), at(atan_, nan)}) CHECK(std::isnan(y));
}
