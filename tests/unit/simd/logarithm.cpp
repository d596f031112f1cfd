// tests/unit/simd/logarithm.cpp: log and softplus against long double, bounds as documented.
#include "../../catch.hpp"
#include <dimwise/simd/logarithm.hpp>
#include "ulp.hpp"

using namespace dimwise::simd;
using simd_test::at;

namespace {

template <class T>
struct functions {
  static constexpr auto log_ = [](const pack<T>& x) { return dimwise::simd::log(x); };
  static constexpr auto softplus_ = [](const pack<T>& x) { return softplus(x); };
};

const auto exact_log = [](long double x) { return std::log(x); };
const auto exact_softplus = [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::fabs(x))); };

}  // namespace

TEMPLATE_TEST_CASE("log is within 2 ULP, around 1 and for subnormal arguments too", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  CHECK_ULPS(T, 2, 0.0, 10.0, F::log_, exact_log);
  CHECK_ULPS(T, 2, 0.4, 2.0, F::log_, exact_log);
  CHECK_ULPS(T, 2, 0.99, 1.01, F::log_, exact_log);
  CHECK_ULPS(T, 2, 1.0, static_cast<double>(std::numeric_limits<T>::max()), F::log_, exact_log);
  for (T x = std::numeric_limits<T>::denorm_min(); x < 1; x *= 3)
    CHECK(simd_test::ulps(at<T>(F::log_, x), std::log(static_cast<long double>(x))) <= 2);
}

TEMPLATE_TEST_CASE("softplus is within 4 ULP on both sides", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const double last = sizeof(T) == 4 ? 86.5 : 707.5;
  CHECK_ULPS(T, 4, -2.0, 2.0, F::softplus_, exact_softplus);
  CHECK_ULPS(T, 4, -20.0, 20.0, F::softplus_, exact_softplus);
  CHECK_ULPS(T, 4, -last, 1000.0, F::softplus_, exact_softplus);
}

TEMPLATE_TEST_CASE("the derivatives of softplus keep their relative accuracy on both sides", "[simd]", float, double) {
  using T = TestType;
  const auto value = [](const pack<T>& x) {
    pack<T> first, second;
    return softplus_with_slopes(x, first, second);
  };
  const auto first = [](const pack<T>& x) {
    pack<T> w, second;
    (void)softplus_with_slopes(x, w, second);
    return w;
  };
  const auto second = [](const pack<T>& x) {
    pack<T> w, ww;
    (void)softplus_with_slopes(x, w, ww);
    return ww;
  };
  const auto exact_first = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto exact_second = [](long double x) { return 1 / (4 * std::cosh(x / 2) * std::cosh(x / 2)); };
  const double last = sizeof(T) == 4 ? 86.5 : 707.5;
  for (double limit : {2.0, 20.0, last}) {
    CHECK_ULPS(T, 4, -limit, limit, value, exact_softplus);
    CHECK_ULPS(T, 4, -limit, limit, first, exact_first);
    CHECK_ULPS(T, 6, -limit, limit, second, exact_second);
  }
  const T inf = std::numeric_limits<T>::infinity();
  CHECK(at<T>(first, inf) == 1);
  CHECK(at<T>(first, -inf) == 0);
  CHECK(at<T>(second, inf) == 0);
  CHECK(at<T>(second, -inf) == 0);
  CHECK(std::isnan(at<T>(first, std::numeric_limits<T>::quiet_NaN())));
}

TEMPLATE_TEST_CASE("log and softplus of special values", "[simd]", float, double) {
  using T = TestType;
  using F = functions<T>;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          huge = std::numeric_limits<T>::max();
  CHECK(at<T>(F::log_, 0) == -inf);
  CHECK(at<T>(F::log_, -T(0)) == -inf);
  CHECK(at<T>(F::log_, 1) == 0);
  CHECK(at<T>(F::log_, inf) == inf);
  CHECK(std::isnan(at<T>(F::log_, -1)));
  CHECK(std::isnan(at<T>(F::log_, -std::numeric_limits<T>::denorm_min())));
  CHECK(std::isnan(at<T>(F::log_, -inf)));
  CHECK(std::isnan(at<T>(F::log_, nan)));
  CHECK(at<T>(F::softplus_, inf) == inf);
  CHECK(at<T>(F::softplus_, huge) == huge);
  CHECK(at<T>(F::softplus_, -inf) == 0);
  CHECK(at<T>(F::softplus_, -huge) == 0);
  CHECK(std::isnan(at<T>(F::softplus_, nan)));
}
