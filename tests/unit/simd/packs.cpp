// tests/unit/simd/packs.cpp: functions of several packs give the bits of the same functions of each.
#include <dimwise/simd/exponential.hpp>

#include <cstring>
#include <vector>

#include "../../catch.hpp"

using namespace dimwise::simd;

namespace {

constexpr int together = 3;

/// Whether f of packs, and of each pack, write the same bits; f returns its value and sets a slope.
template <class T, class F>
bool same_bits(F f) {
  constexpr int n = together * lanes<T>;
  std::vector<T> x(n), value(2 * n), slope(2 * n);
  for (int trial = 0; trial < 200; trial++) {
    for (int i = 0; i < n; i++) x[std::size_t(i)] = T((i * 37 + trial * 11) % 101 - 50) * T(trial < 100 ? 0.04 : 2);
    packs<T, together> w(T(0));
    f(packs<T, together>::load(x.data()), w).store(value.data());
    w.store(slope.data());
    for (int i = 0; i < n; i += lanes<T>) {
      pack<T> one(T(0));
      store(value.data() + n + i, f(load(x.data() + i), one));
      store(slope.data() + n + i, one);
    }
    if (std::memcmp(value.data(), value.data() + n, n * sizeof(T)) != 0 ||
        std::memcmp(slope.data(), slope.data() + n, n * sizeof(T)) != 0)
      return false;
  }
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("packs load and store their parts one after the other", "[simd]", float, double) {
  using T = TestType;
  constexpr int n = together * lanes<T>;
  std::vector<T> in(n + 2), out(n + 2, T(-1));
  for (int i = 0; i < n + 2; i++) in[std::size_t(i)] = T(i);
  (packs<T, together>::load(in.data() + 1) + packs<T, together>(T(1))).store(out.data() + 1);
  CHECK(out.front() == -1);
  CHECK(out.back() == -1);
  for (int i = 1; i <= n; i++) CHECK(out[std::size_t(i)] == T(i + 1));
}

TEMPLATE_TEST_CASE("functions of several packs give the bits of the same functions of each", "[simd]", float, double) {
  using T = TestType;
  CHECK(same_bits<T>([](const auto& x, auto&) { return exp(x); }));
  CHECK(same_bits<T>([](const auto& x, auto&) { return tanh(x); }));
  CHECK(same_bits<T>([](const auto& x, auto& w) { return tanh_with_slope(x, w); }));
  CHECK(same_bits<T>([](const auto& x, auto&) { return sigmoid(x); }));
  CHECK(same_bits<T>([](const auto& x, auto& w) { return sigmoid_with_slope(x, w); }));
}
