// tests/unit/simd/power.cpp: x^c against long double for whole, half and other exponents.
#include "../../catch.hpp"
#include <dimwise/simd/power.hpp>
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

TEMPLATE_TEST_CASE("power is within its bound for every kind of exponent", "[simd]", float, double) {
  using T = TestType;
  for (const double c : {0.0, 1.0, 2.0, 3.0, 7.0, -1.0, -2.0, -5.0, 0.5, 1.5, -0.5, -2.5, 1.3, -0.7, 2.0001}) {
    const auto f = [c](const pack<T>& x) { return power(x, c); };
    const auto exact = [c](long double x) { return std::pow(x, static_cast<long double>(c)); };
    const auto error = simd_test::worst<T>(f, exact, 0.01, 20.0, 2000);
    INFO("exponent " << c << ", worst at " << error.argument);
    const bool multiplied = 2 * c == std::floor(2 * c);
    CHECK(error.ulps <= 2 + std::fabs(c) * (multiplied ? 1 : 2 * std::log(100.0)));
  }
}

TEMPLATE_TEST_CASE("power of special values", "[simd]", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto f = [](T x, double c) { return at<T>([c](const pack<T>& p) { return power(p, c); }, x); };
  CHECK(f(0, 2) == 0);
  CHECK(f(0, 0) == 1);
  CHECK(f(0, 0.5) == 0);
  CHECK_FALSE(std::signbit(f(-T(0), 0.5)));
  CHECK(f(0, 1.3) == 0);
  CHECK(f(0, -1.3) == inf);
  CHECK(f(1, 1.3) == 1);
  CHECK(f(inf, 1.3) == inf);
  CHECK(f(inf, -1.3) == 0);
  CHECK(f(0, -2) == inf);
  CHECK(f(0, -0.5) == inf);
  CHECK(f(-2, 3) == -8);
  CHECK(f(-2, -3) == T(-0.125));
  CHECK(f(-1, 101) == -1);
  CHECK(f(-1, 100) == 1);
  CHECK(std::isnan(f(-2, 0.5)));
  CHECK(std::isnan(f(-2, 1.3)));
  CHECK(f(inf, 2) == inf);
  CHECK(f(inf, -1.5) == 0);
  CHECK(std::isnan(f(nan, 2)));
  CHECK(std::isnan(f(nan, 0.5)));
}
