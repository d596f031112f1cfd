// tests/unit/simd/trigonometric.cpp: sin and cos against 50 digits, at random and next to multiples of pi/2.
#include "../../catch.hpp"
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <dimwise/simd/trigonometric.hpp>
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

namespace {

using digits50 = boost::multiprecision::cpp_bin_float_50;

template <class T>
struct functions {
  static constexpr auto sin_ = [](const pack<T>& x) { return dimwise::simd::sin(x); };
  static constexpr auto cos_ = [](const pack<T>& x) { return dimwise::simd::cos(x); };
  static constexpr auto sin_of_both = [](const pack<T>& x) {
    pack<T> s, c;
    sincos(x, s, c);
    return s;
  };
  static constexpr auto cos_of_both = [](const pack<T>& x) {
    pack<T> s, c;
    sincos(x, s, c);
    return c;
  };
};

const auto exact_sin = [](long double x) { return sin(digits50(x)).convert_to<long double>(); };
const auto exact_cos = [](long double x) { return cos(digits50(x)).convert_to<long double>(); };

}  // namespace

TEMPLATE_TEST_CASE("sin and cos are within 2 ULP", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const auto check = [](auto f, auto exact, double range) {
    const auto error = simd_test::worst<T>(f, exact, -range, range, 3000);
    INFO("range " << range << ", worst at " << error.argument);
    CHECK(error.ulps <= 2);
  };
  for (const double range : {1.0, 10.0, 1e4}) {
    check(F::sin_, exact_sin, range);
    check(F::cos_, exact_cos, range);
  }
  check(F::sin_of_both, exact_sin, 1e4);
  check(F::cos_of_both, exact_cos, 1e4);
  check(F::sin_, exact_sin, 1e9);  // through the standard library
}

TEMPLATE_TEST_CASE("sin and cos next to multiples of pi/2 keep their relative accuracy", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const auto tan_ = [](const pack<T>& x) { return dimwise::simd::tan(x); };
  const auto exact_tan = [](long double x) { return std::tan(x); };
  double worst = 0, worst_tan = 0;
  for (int n = 1; n < 6300; n += 13) {
    const T x = static_cast<T>(n * 1.570796326794896619L);
    worst = std::max(worst, simd_test::ulps(at<T>(F::sin_, x), exact_sin(x)));
    worst = std::max(worst, simd_test::ulps(at<T>(F::cos_, x), exact_cos(x)));
    worst_tan = std::max(worst_tan, simd_test::ulps(at<T>(tan_, x), exact_tan(x)));
  }
  CHECK(worst <= 2);
  CHECK(worst_tan <= 4);
  CHECK_ULPS(T, 4, -1e5, 1e5, tan_, exact_tan);
  CHECK(std::isnan(at<T>(tan_, std::numeric_limits<T>::infinity())));
  CHECK(at<T>(tan_, std::numeric_limits<T>::denorm_min()) == std::numeric_limits<T>::denorm_min());
}

TEMPLATE_TEST_CASE("sin and cos of special values", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          tiny = std::numeric_limits<T>::min();
  CHECK_FALSE(std::signbit(at<T>(F::sin_, 0)));
  CHECK(std::signbit(at<T>(F::sin_, -T(0))));
  CHECK(at<T>(F::sin_, tiny) == tiny);
  CHECK(at<T>(F::cos_, 0) == 1);
  CHECK(at<T>(F::cos_, tiny) == 1);
  CHECK(std::isnan(at<T>(F::sin_, inf)));
  CHECK(std::isnan(at<T>(F::cos_, -inf)));
  CHECK(std::isnan(at<T>(F::sin_, nan)));
  CHECK(std::isnan(at<T>(F::cos_, nan)));
}
