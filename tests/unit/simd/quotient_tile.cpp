// tests/unit/simd/quotient_tile.cpp: register tiles that leave divisions to the next one have the digits of product and function.
#include "dimwise/simd/quotient_tile.hpp"

#include <random>

#include "catch.hpp"
#include "dimwise/core/aligned.hpp"
#include "dimwise/simd/elementary.hpp"

using namespace dimwise;
using namespace dimwise::simd;

namespace {

#if defined(DIMWISE_SIMD_AVX512)

struct with_tanh {
  template <class T>
  using quotient = tanh_quotient<T>;
  template <class T>
  static pack<T> of(const pack<T>& x) {
    return tanh(x);
  }
};
struct with_sigmoid {
  template <class T>
  using quotient = sigmoid_quotient<T>;
  template <class T>
  static pack<T> of(const pack<T>& x) {
    return sigmoid(x);
  }
};

/// Two tiles beside each other on each of three strips of rows, terms of these depths.
template <class T, class F>
void same_digits(std::initializer_list<int> depths) {
  constexpr int height = pending_quotients<T>::rows, rows = 3 * height, columns = 2 * pending_quotients<T>::packs * lanes<T>;
  constexpr int canary = 7;
  std::mt19937 engine(5);
  std::normal_distribution<double> normal;
  const auto numbers = [&](std::size_t n) {
    aligned_vector<T> v(n);
    for (T& x : v) x = T(normal(engine));
    return v;
  };
  const aligned_vector<T> bias = numbers(rows);
  std::vector<aligned_vector<T>> a, b;
  for (const int depth : depths) {
    a.push_back(numbers(std::size_t(rows * depth)));
    b.push_back(numbers(std::size_t(depth * columns)));
  }
  constexpr std::size_t size = rows * columns;
  aligned_vector<T> expected(size), found(size + lanes<T>, T(canary));
  pending_quotients<T> pending;
  for (int r = 0; r < rows; r += height) {
    gemm_strip<T> g;
    for (const int depth : depths) {
      const std::size_t j = std::size_t(g.count);
      g.terms[g.count++] = {a[j].data() + r * depth, depth, 1, b[j].data(), columns, depth};
    }
    g.c = expected.data() + r * columns;
    g.c_stride = g.columns = g.bias_columns = columns;
    g.start = gemm_start::bias;
    g.bias = bias.data() + r;
    compute(g, height, rows);
    g.c = found.data() + r * columns;
    for (int column = 0; column < columns; column += columns / 2)
      quotient_tile<T, typename F::template quotient<T>>(g, column, pending);
  }
  pending.finish();
  int different = 0;
  for (int i = 0; i < rows * columns; i += lanes<T>) {
    store(expected.data() + i, F::template of<T>(load(expected.data() + i)));
    for (int j = i; j < i + lanes<T>; j++) different += expected[std::size_t(j)] != found[std::size_t(j)];
  }
  CHECK(different == 0);
  for (int i = 0; i < lanes<T>; i++) CHECK(found[std::size_t(rows * columns + i)] == T(canary));
}

TEST_CASE("a tile with a function has the digits of the product and of the function", "[simd]") {
  constexpr int enough = pending_quotients<float>::rows * pending_quotients<float>::packs;
  for (const int depth : {1, 5, enough - 1, enough, enough + 1, 64}) {
    INFO("depth " << depth);
    same_digits<float, with_tanh>({depth});
    same_digits<float, with_sigmoid>({depth});
    same_digits<double, with_tanh>({depth});
    same_digits<double, with_sigmoid>({depth});
  }
  same_digits<float, with_tanh>({1, 31});
  same_digits<float, with_tanh>({40, 2, 50});
  same_digits<double, with_sigmoid>({3, 4, 30});
}

TEST_CASE("a quotient before its division has the special values of its function", "[simd]") {
  const auto check = [](auto number, auto function) {
    using T = decltype(number);
    using F = decltype(function);
    for (const T x : {T(0), T(-0.0), std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                      std::numeric_limits<T>::quiet_NaN(), T(20), T(-20), T(1e30), std::numeric_limits<T>::denorm_min()}) {
      const typename F::template quotient<T> q(broadcast<T>(x));
      constexpr std::size_t size = lanes<T>;
      aligned_vector<T> found(size), expected(size);
      store(found.data(), pack<T>(q.numerator / q.denominator));
      store(expected.data(), F::template of<T>(broadcast<T>(x)));
      INFO("at " << x);
      CHECK((found[0] == expected[0] || (std::isnan(found[0]) && std::isnan(x))));
      CHECK(std::signbit(found[0]) == std::signbit(expected[0]));
    }
  };
  check(0.0f, with_tanh{});
  check(0.0f, with_sigmoid{});
  check(0.0, with_tanh{});
  check(0.0, with_sigmoid{});
}

#else

TEST_CASE("a tile and what it takes to divide beside it fill more than 16 registers", "[simd]") { CHECK(vector_registers < 32); }

#endif

}  // namespace
