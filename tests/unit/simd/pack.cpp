// tests/unit/simd/pack.cpp: operations on packs, lane by lane against scalars.
#include "../../catch.hpp"
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>
#include <dimwise/simd/pack.hpp>

using namespace dimwise::simd;

TEMPLATE_TEST_CASE("packs load and store at any address, whole or in part", "[simd]", float, double) {
  using T = TestType;
  constexpr int n = lanes<T>;
  std::vector<T> in(static_cast<std::size_t>(3 * n)), out(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<T>(i + 1);
  for (int offset = 0; offset < n; ++offset) {
    std::fill(out.begin(), out.end(), T(-1));
    store(out.data() + offset, load(in.data() + offset + 1));
    for (int i = 0; i < 3 * n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      CHECK(out[k] == (i >= offset && i < offset + n ? in[k + 1] : T(-1)));
    }
  }
  for (int count = 0; count <= n; ++count) {
    std::fill(out.begin(), out.end(), T(-1));
    // The last elements of the array: reading or writing beyond would be seen by a sanitiser, writing also here.
    store_first(out.data() + 1, load_first(in.data() + in.size() - static_cast<std::size_t>(count), count), n);
    for (int i = 0; i < n; ++i)
      CHECK(out[static_cast<std::size_t>(i + 1)] == (i < count ? in[in.size() - static_cast<std::size_t>(count - i)] : T(0)));
    std::fill(out.begin(), out.end(), T(-1));
    store_first(out.data(), load(in.data()), count);
    for (int i = 0; i < n; ++i) CHECK(out[static_cast<std::size_t>(i)] == (i < count ? in[static_cast<std::size_t>(i)] : T(-1)));
  }
}

TEMPLATE_TEST_CASE("fma and fnma round once where the machine can", "[simd]", float, double) {
  using T = TestType;
  // (1 + e)(1 - e) = 1 - e^2, which rounds to 1: an unfused product loses e^2 altogether.
  const T e = std::ldexp(T(1), -std::numeric_limits<T>::digits / 2 - 1);
  volatile T a = 1 + e, b = 1 - e;
  alignas(64) T plus[lanes<T>], minus[lanes<T>];
  store(plus, fma(broadcast<T>(a), broadcast<T>(b), broadcast<T>(-1)));
  store(minus, fnma(broadcast<T>(a), broadcast<T>(b), broadcast<T>(1)));
  for (int i = 0; i < lanes<T>; ++i) {
    CHECK(plus[i] == (has_fused_multiply_add ? -e * e : T(0)));
    CHECK(minus[i] == (has_fused_multiply_add ? e * e : T(0)));
  }
  store(plus, fma(broadcast<T>(2), broadcast<T>(3), broadcast<T>(5)));
  store(minus, fnma(broadcast<T>(2), broadcast<T>(3), broadcast<T>(5)));
  CHECK(plus[0] == 11);
  CHECK(minus[0] == -1);
}

TEMPLATE_TEST_CASE("min and max return their second operand for NaN", "[simd]", float, double) {
  using T = TestType;
  const auto first = [](const pack<T>& x) {
    alignas(64) T out[lanes<T>];
    store(out, x);
    return out[0];
  };
  volatile T nan_value = std::numeric_limits<T>::quiet_NaN();
  const pack<T> nan = broadcast<T>(nan_value), one = broadcast<T>(1), two = broadcast<T>(2);
  CHECK(first(min(one, two)) == 1);
  CHECK(first(max(one, two)) == 2);
  CHECK(std::isnan(first(min(one, nan))));
  CHECK(std::isnan(first(max(one, nan))));
  CHECK(first(min(nan, one)) == 1);
  CHECK(first(max(nan, one)) == 1);
  CHECK(first(select(one < two, one, two)) == 1);
  CHECK(first(select(two < one, one, two)) == 2);
  CHECK(first(abs(broadcast<T>(-3))) == 3);
  CHECK_FALSE(std::signbit(first(abs(broadcast<T>(-T(0))))));
  CHECK(first(sqrt(two)) == std::sqrt(T(2)));
  CHECK(first(reciprocal(broadcast<T>(3))) == T(1) / T(3));
}

TEMPLATE_TEST_CASE("reduce_add sums all lanes as a tree of halves", "[simd]", float, double) {
  using T = TestType;
  alignas(64) T x[lanes<T>], tree[lanes<T>];
  for (int i = 0; i < lanes<T>; ++i) tree[i] = x[i] = std::ldexp(T(1) / T(3), (i * 7) % 11);
  const T sum = reduce_add(load(x));
  for (int half = lanes<T> / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) tree[i] += tree[i + half];
  CHECK(sum == tree[0]);
}

TEST_CASE("isa_name names what the constants say", "[simd]") {
  const std::string name = isa_name();
  if (name == "avx512") CHECK(lanes<float> == 16);
  if (name == "avx2") CHECK(lanes<float> == 8);
  if (name == "avx512" || name == "avx2") CHECK(has_fused_multiply_add);
  CHECK_FALSE(name.empty());
}
