// tests/unit/simd/ulp.hpp: errors of vector functions in units of the last place, over random and chosen arguments.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <dimwise/simd/pack.hpp>

namespace simd_test {

/// |got - want| in units of the last place of want; 0 for equal infinities and for NaN where NaN is wanted, else huge.
template <class T>
double ulps(T got, long double want) {
  constexpr double wrong = 1e9;
  if (std::isnan(want)) return std::isnan(got) ? 0 : wrong;
  if (std::isnan(got)) return wrong;
  const T rounded = static_cast<T>(want);
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : wrong;
  int exponent = 0;
  std::frexp(want, &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - want) /
                             std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
}

/// f of one number, in every lane.
template <class T, class F>
T at(F f, T x) {
  alignas(64) T out[dimwise::simd::lanes<T>];
  dimwise::simd::store(out, f(dimwise::simd::broadcast<T>(x)));
  return out[dimwise::simd::lanes<T> - 1];
}

template <class T>
struct worst_error {
  double ulps;
  T argument;
};

/// The largest error of f over `count` arguments in [low, high], half of them uniform, half with a uniform exponent down to
/// 1e-30.
template <class T, class F, class Reference>
worst_error<T> worst(F f, Reference reference, double low, double high, int count = 20000) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  constexpr int n = dimwise::simd::lanes<T>;
  worst_error<T> result{0, 0};
  for (int i = 0; i < count; i += n) {
    alignas(64) T x[n], y[n];
    for (T& v : x) {
      double u = low + (high - low) * uniform(random);
      if (random() % 2 == 0) u *= std::exp(uniform(random) * std::log(1e-30));
      v = std::clamp(static_cast<T>(u), static_cast<T>(low), static_cast<T>(high));
    }
    dimwise::simd::store(y, f(dimwise::simd::load(x)));
    for (int k = 0; k < n; ++k) {
      const double error = ulps(y[k], reference(static_cast<long double>(x[k])));
      if (error > result.ulps) result = {error, x[k]};
    }
  }
  return result;
}

}  // namespace simd_test

/// Fails, naming function, argument and error, if f is worse than `bound` ULP anywhere among the arguments.
#define CHECK_ULPS(T, bound, low, high, f, reference)                                   \
  do {                                                                                  \
    const auto error = simd_test::worst<T>(f, reference, low, high);                    \
    INFO(#f << " in [" << (low) << ", " << (high) << "]: worst at " << error.argument); \
    CHECK(error.ulps <= (bound));                                                       \
  } while (false)
