// tests/unit/simd/exponential.cpp: exp, tanh, sigmoid and their slopes against long double, bounds as documented.
#include "../../catch.hpp"
#include <dimwise/simd/sigmoid.hpp>
#include <dimwise/simd/tanh.hpp>
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

namespace {

template <class T>
struct functions {
  static constexpr auto exp_ = [](const pack<T>& x) { return dimwise::simd::exp(x); };
  static constexpr auto tanh_ = [](const pack<T>& x) { return dimwise::simd::tanh(x); };
  static constexpr auto sigmoid_ = [](const pack<T>& x) { return dimwise::simd::sigmoid(x); };
  static constexpr auto tanh_beside_slope = [](const pack<T>& x) {
    pack<T> slope;
    return tanh_with_slope(x, slope);
  };
  static constexpr auto tanh_slope = [](const pack<T>& x) {
    pack<T> slope;
    (void)tanh_with_slope(x, slope);
    return slope;
  };
  static constexpr auto sigmoid_beside_slope = [](const pack<T>& x) {
    pack<T> slope;
    return sigmoid_with_slope(x, slope);
  };
  static constexpr auto sigmoid_slope = [](const pack<T>& x) {
    pack<T> slope;
    (void)sigmoid_with_slope(x, slope);
    return slope;
  };
};

const auto exact_exp = [](long double x) { return std::exp(x); };
const auto exact_tanh = [](long double x) { return std::tanh(x); };
const auto exact_tanh_slope = [](long double x) { return 1 / (std::cosh(x) * std::cosh(x)); };
const auto exact_sigmoid = [](long double x) { return 1 / (1 + std::exp(-x)); };
const auto exact_sigmoid_slope = [](long double x) { return 1 / (4 * std::cosh(x / 2) * std::cosh(x / 2)); };

template <class T>
constexpr bool single = sizeof(T) == 4;

}  // namespace

TEMPLATE_TEST_CASE("exp is within 2 ULP up to overflow and down to underflow", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  CHECK_ULPS(T, 2, -1.0, 1.0, F::exp_, exact_exp);
  CHECK_ULPS(T, 2, single<T> ? -86.6 : -707.7, single<T> ? 88.7 : 709.7, F::exp_, exact_exp);
  CHECK_ULPS(T, 2, single<T> ? 88.0 : 709.0, single<T> ? 89.0 : 710.0, F::exp_, exact_exp);
  // Below the normal range: to the last bit with AVX-512, else either that or 0.
  const T tiny = std::ldexp(std::numeric_limits<T>::min(), 1);
  for (T x = single<T> ? T(-86.5) : T(-707.5); x > (single<T> ? T(-110) : T(-750)); x -= T(0.0625)) {
    const T y = at<T>(F::exp_, x);
    CHECK((simd_test::ulps(y, std::exp(static_cast<long double>(x))) <= 2 || (y == 0 && std::exp(x) < tiny)));
#if defined(DIMWISE_SIMD_AVX512)
    CHECK(simd_test::ulps(y, std::exp(static_cast<long double>(x))) <= 2);
#endif
  }
}

TEMPLATE_TEST_CASE("tanh is within 4 ULP, near 0 too, and odd to the last bit", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  CHECK_ULPS(T, 4, -0.5, 0.5, F::tanh_, exact_tanh);
  CHECK_ULPS(T, 4, -3.0, 3.0, F::tanh_, exact_tanh);
  CHECK_ULPS(T, 4, -30.0, 30.0, F::tanh_, exact_tanh);
  CHECK_ULPS(T, 4, -3.0, 3.0, F::tanh_beside_slope, exact_tanh);
  CHECK_ULPS(T, 4, -30.0, 30.0, F::tanh_beside_slope, exact_tanh);
  for (T x = T(0.001); x < 20; x *= T(1.37)) CHECK(at<T>(F::tanh_, -x) == -at<T>(F::tanh_, x));
}

TEMPLATE_TEST_CASE("the slope of tanh keeps its relative accuracy in saturation", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  CHECK_ULPS(T, 8, -1.0, 1.0, F::tanh_slope, exact_tanh_slope);
  CHECK_ULPS(T, 8, -9.0, 9.0, F::tanh_slope, exact_tanh_slope);
  const double last = single<T> ? 43.1 : 353.6;
  CHECK_ULPS(T, 8, -last, last, F::tanh_slope, exact_tanh_slope);
  const T beyond = at<T>(F::tanh_slope, single<T> ? T(45) : T(356)), least = std::numeric_limits<T>::denorm_min();
  CHECK((beyond == 0 || std::fabs(beyond - static_cast<T>(exact_tanh_slope(single<T> ? 45 : 356))) <= 2 * least));
  CHECK(at<T>(F::tanh_slope, single<T> ? T(60) : T(400)) == 0);
}

TEMPLATE_TEST_CASE("tanh keeps its digits next to the steps of its reduction", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  // Where |x| passes an odd number of half steps, the next multiple of a step is taken out: of 16 or 8 in ln(2) / 2, or of all
  // of it; and of 1/2 or 1.28125 for the value alone.
  double value = 0, slope = 0;
  for (const double half : {0.34657359027997265471 / 32, 0.25, 0.640625})
    for (int step = 1; step < 800 && step * half < 40; step++)
      for (int side = -8; side <= 8; side++) {
        const T x = static_cast<T>(step * half * (1 + side * 4 * double(std::numeric_limits<T>::epsilon())));
        value = std::max(value, simd_test::ulps(at<T>(F::tanh_beside_slope, x), exact_tanh(x)));
        value = std::max(value, simd_test::ulps(at<T>(F::tanh_, x), exact_tanh(x)));
        slope = std::max(slope, simd_test::ulps(at<T>(F::tanh_slope, x), exact_tanh_slope(x)));
      }
  CHECK(value <= 4);
  CHECK(slope <= 8);
}

TEMPLATE_TEST_CASE("sigmoid and its slope keep their relative accuracy on both sides", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const double last = single<T> ? 86.5 : 707.5;
  CHECK_ULPS(T, 4, -5.0, 5.0, F::sigmoid_, exact_sigmoid);
  CHECK_ULPS(T, 4, -last, last, F::sigmoid_, exact_sigmoid);
  CHECK_ULPS(T, 4, -last, last, F::sigmoid_beside_slope, exact_sigmoid);
  CHECK_ULPS(T, 6, -5.0, 5.0, F::sigmoid_slope, exact_sigmoid_slope);
  CHECK_ULPS(T, 6, -last, last, F::sigmoid_slope, exact_sigmoid_slope);
}

TEMPLATE_TEST_CASE("exp, tanh and sigmoid of special values", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          tiny = std::numeric_limits<T>::min(), subnormal = std::numeric_limits<T>::denorm_min(),
          huge = std::numeric_limits<T>::max();
  CHECK(at<T>(F::exp_, 0) == 1);
  CHECK(at<T>(F::exp_, -T(0)) == 1);
  CHECK(at<T>(F::exp_, subnormal) == 1);
  CHECK(at<T>(F::exp_, inf) == inf);
  CHECK(at<T>(F::exp_, huge) == inf);
  CHECK(at<T>(F::exp_, -inf) == 0);
  CHECK(at<T>(F::exp_, -huge) == 0);
  CHECK(std::isnan(at<T>(F::exp_, nan)));
  CHECK(at<T>(F::tanh_, 0) == 0);
  CHECK_FALSE(std::signbit(at<T>(F::tanh_, 0)));
  CHECK(std::signbit(at<T>(F::tanh_, -T(0))));
  CHECK(at<T>(F::tanh_, tiny) == tiny);
  CHECK(at<T>(F::tanh_, -subnormal) == -subnormal);
  CHECK(at<T>(F::tanh_, inf) == 1);
  CHECK(at<T>(F::tanh_, -inf) == -1);
  CHECK(at<T>(F::tanh_, huge) == 1);
  CHECK(std::isnan(at<T>(F::tanh_, nan)));
  CHECK(std::isnan(at<T>(F::tanh_beside_slope, nan)));
  CHECK(at<T>(F::tanh_slope, 0) == 1);
  CHECK(at<T>(F::tanh_slope, inf) == 0);
  CHECK(at<T>(F::tanh_slope, -inf) == 0);
  CHECK(std::isnan(at<T>(F::tanh_slope, nan)));
  CHECK(at<T>(F::sigmoid_, 0) == T(0.5));
  CHECK(at<T>(F::sigmoid_, inf) == 1);
  CHECK(at<T>(F::sigmoid_, -inf) == 0);
  CHECK(std::isnan(at<T>(F::sigmoid_, nan)));
  CHECK(at<T>(F::sigmoid_slope, 0) == T(0.25));
  CHECK(at<T>(F::sigmoid_slope, inf) < 4 * tiny);
  CHECK(at<T>(F::sigmoid_slope, -inf) == 0);
  CHECK(std::isnan(at<T>(F::sigmoid_slope, nan)));
}
