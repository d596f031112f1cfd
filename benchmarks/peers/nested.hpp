// benchmarks/peers/nested.hpp: higher orders from a library's first derivatives: its number on its own number, k times.
#pragma once
#include <cstddef>

/// Library<Inner> is a number with one derivative over Inner; Library<Inner>::seed(x) is x with derivative 1.
template <template <class> class Library, int K>
struct nested_number {
  using inner = typename nested_number<Library, K - 1>::type;
  using type = typename Library<inner>::type;
  static type seed(double x) { return Library<inner>::with_slope(nested_number<Library, K - 1>::seed(x), inner(1)); }
  // Order n: n times the derivative, K - n times the value.
  static double order(const type& y, int n) {
    return n > 0 ? nested_number<Library, K - 1>::order(Library<inner>::slope(y), n - 1)
                 : nested_number<Library, K - 1>::order(Library<inner>::value(y), 0);
  }
};
template <template <class> class Library>
struct nested_number<Library, 0> {
  using type = double;
  static double seed(double x) { return x; }
  static double order(double y, int) { return y; }
};
