// tests/unit/simd/hyperbolic.cpp: sinh, cosh, expm1, log1p and cbrt against long double, special points.
#include <dimwise/simd/hyperbolic.hpp>

#include "../../catch.hpp"
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

namespace {
const auto sinh_ = [](const auto& x) { return dimwise::simd::sinh(x); };
const auto cosh_ = [](const auto& x) { return dimwise::simd::cosh(x); };
const auto expm1_ = [](const auto& x) { return dimwise::simd::expm1(x); };
const auto log1p_ = [](const auto& x) { return dimwise::simd::log1p(x); };
const auto cbrt_ = [](const auto& x) { return dimwise::simd::cbrt(x); };
const auto exact_sinh = [](long double x) { return std::sinh(x); };
const auto exact_cosh = [](long double x) { return std::cosh(x); };
const auto exact_expm1 = [](long double x) { return std::expm1(x); };
const auto exact_log1p = [](long double x) { return std::log1p(x); };
const auto exact_cbrt = [](long double x) { return std::cbrt(x); };
}  // namespace

TEMPLATE_TEST_CASE("hyperbolic functions, expm1, log1p and cbrt keep their bounds", "[simd]", float, double) {
  using T = TestType;
  const double last = sizeof(T) == 4 ? 89.4 : 710.4;  // beyond where exp overflows
  CHECK_ULPS(T, 3, -2.0, 2.0, sinh_, exact_sinh);
  CHECK_ULPS(T, 3, -last, last, sinh_, exact_sinh);
  CHECK_ULPS(T, 3, -2.0, 2.0, cosh_, exact_cosh);
  CHECK_ULPS(T, 3, -last, last, cosh_, exact_cosh);
  CHECK_ULPS(T, 3, -1.0, 1.0, expm1_, exact_expm1);
  CHECK_ULPS(T, 3, -last, last, expm1_, exact_expm1);
  CHECK_ULPS(T, 2, -0.999, 1.0, log1p_, exact_log1p);
  CHECK_ULPS(T, 2, -0.999, 1e30, log1p_, exact_log1p);
  CHECK_ULPS(T, 2, -8.0, 8.0, cbrt_, exact_cbrt);
  CHECK_ULPS(T, 2, -1e30, 1e30, cbrt_, exact_cbrt);
}

TEMPLATE_TEST_CASE("hyperbolic functions, expm1, log1p and cbrt of special values", "[simd]", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          least = std::numeric_limits<T>::denorm_min();
  CHECK(at(sinh_, inf) == inf);
  CHECK(at(sinh_, -inf) == -inf);
  CHECK(at(sinh_, least) == least);
  CHECK(at(cosh_, -inf) == inf);
  CHECK(at(cosh_, T(0)) == 1);
  CHECK(at(expm1_, -inf) == -1);
  CHECK(at(expm1_, inf) == inf);
  CHECK(at(expm1_, -least) == -least);
  CHECK(at(log1p_, T(-1)) == -inf);
  CHECK(at(log1p_, inf) == inf);
  CHECK(std::isnan(at(log1p_, T(-1.5))));
  CHECK(at(cbrt_, T(-27)) == -3);
  CHECK(at(cbrt_, -inf) == -inf);
  CHECK(at(cbrt_, T(0)) == 0);
  for (const T y : {at(sinh_, nan), at(cosh_, nan), at(expm1_, nan), at(log1p_, nan), at(cbrt_, nan)}) CHECK(std::isnan(y));
}
