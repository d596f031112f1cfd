// tests/unit/simd/error_function.cpp: erf and erfc against the standard library's, special points.
#include "dimwise/simd/error_function.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace dimwise;

namespace {

/// The largest error of f over [from, to] in units of the last digit of the result.
template <class T, class F, class R>
double worst(double from, double to, F&& f, R&& reference) {
  double most = 0;
  constexpr int points = 200000;
  for (int i = 0; i < points; i += simd::lanes<T>) {
    T x[simd::lanes<T>], y[simd::lanes<T>];
    for (int l = 0; l < simd::lanes<T>; l++) x[l] = T(from + (to - from) * (i + l) / points);
    simd::store(y, f(simd::load(x)));
    for (int l = 0; l < simd::lanes<T>; l++) {
      const long double exact = reference(static_cast<long double>(x[l]));
      const T nearest = T(exact);
      const double unit =
          double(std::nextafter(std::abs(nearest), std::numeric_limits<T>::infinity())) - double(std::abs(nearest));
      most = std::max(most, double(std::abs(static_cast<long double>(y[l]) - exact)) / unit);
    }
  }
  return most;
}

template <class T>
void check(double erf_bound, double erfc_bound) {
  const auto erf = [](auto x) { return simd::erf(x); };
  const auto erfc = [](auto x) { return simd::erfc(x); };
  const auto exact = [](long double x) { return std::erf(x); };
  const auto exact_complement = [](long double x) { return std::erfc(x); };
  CHECK(worst<T>(-5, 5, erf, exact) < erf_bound);
  CHECK(worst<T>(1e-6, 1e-3, erf, exact) < erf_bound);
  CHECK(worst<T>(-5, 5, erfc, exact_complement) < erfc_bound);
  CHECK(worst<T>(5, sizeof(T) == 4 ? 9 : 26, erfc, exact_complement) < erfc_bound);
  const T infinite = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto at = [](auto f, T x) {
    T y[simd::lanes<T>];
    simd::store(y, f(simd::broadcast<T>(x)));
    return y[0];
  };
  CHECK(at(erf, T(0)) == 0);
  CHECK(at(erfc, T(0)) == 1);
  CHECK(at(erf, infinite) == 1);
  CHECK(at(erf, -infinite) == -1);
  CHECK(at(erfc, infinite) == 0);
  CHECK(at(erfc, -infinite) == 2);
  CHECK(std::isnan(at(erf, nan)));
  CHECK(std::isnan(at(erfc, nan)));
}

}  // namespace

TEST_CASE("erf and erfc in double precision", "[simd]") { check<double>(1.25, 5); }
TEST_CASE("erf and erfc in single precision", "[simd]") { check<float>(1.25, 5); }
