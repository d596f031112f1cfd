// ir/orders.hpp: sets of Taylor coefficients (k, m): order k along the own coordinate, m in time; k, m <= 7.
#pragma once
#include <bit>
#include <cstdint>

namespace dimwise {

/// A set of coefficients: bit k + 8 m stands for (k, m). A buffer holds its coefficients in the order of their bits.
using orders = std::uint64_t;

constexpr int max_order = 7;
constexpr int coefficient(int k, int m) { return k + 8 * m; }
constexpr int x_order(int c) { return c & 7; }
constexpr int t_order(int c) { return c >> 3; }
constexpr orders bit_of(int c) { return orders{1} << c; }
constexpr bool contains(orders s, int c) { return (s >> c) & 1; }
constexpr int count(orders s) { return std::popcount(s); }
/// Place of coefficient c in a buffer of set s.
constexpr int slot(orders s, int c) { return std::popcount(s & (bit_of(c) - 1)); }
/// Whether a <= c in both indices, so that c - a is a coefficient.
constexpr bool divides(int a, int c) { return (a & 7) <= (c & 7) && (a >> 3) <= (c >> 3); }
constexpr orders value_only = 1;
constexpr orders time_column = 0x0101010101010101ull;  ///< all (0, m)
constexpr orders x_row = 0xff;                         ///< all (k, 0)

/// Calls f(first coefficient, how many) for the maximal runs of a set: follows(a, b) says whether b, the one after a in the set,
/// belongs to the run of a.
template <class Follows, class F>
constexpr void each_run(orders s, const Follows& follows, const F& f) {
  while (s) {
    const int first = std::countr_zero(s);
    int last = first, n = 0;
    do {
      last = std::countr_zero(s);
      s &= s - 1;
      n++;
    } while (s && follows(last, std::countr_zero(s)));
    f(first, n);
  }
}

/// The largest k and m in a set.
constexpr int max_x(orders s) {
  s |= s >> 32;
  s |= s >> 16;
  s |= s >> 8;
  return 31 - std::countl_zero(std::uint32_t(s & 0xff) | 1u);
}
constexpr int max_t(orders s) { return s ? (63 - std::countl_zero(s)) / 8 : 0; }

/// All coefficients below or equal to one of the set.
constexpr orders lower_closure(orders s) {
  for (int shift = 1; shift < 8; shift *= 2) {
    // to smaller k within each row of eight, then to smaller m
    const orders keep = shift == 1 ? 0x7f7f7f7f7f7f7f7full : shift == 2 ? 0x3f3f3f3f3f3f3f3full : 0x0f0f0f0f0f0f0f0full;
    s |= (s >> shift) & keep;
    s |= s >> (8 * shift);
  }
  return s;
}
/// {(k + dk, m + dm)}; coefficients beyond the largest order are dropped.
constexpr orders shifted_up(orders s, int dk, int dm) {
  for (int i = 0; i < dk; i++) s = (s & 0x7f7f7f7f7f7f7f7full) << 1;
  return dm >= 8 ? 0 : s << (8 * dm);
}
/// {(k - dk, m - dm)} of those that have them.
constexpr orders shifted_down(orders s, int dk, int dm) {
  for (int i = 0; i < dk; i++) s = (s >> 1) & 0x7f7f7f7f7f7f7f7full;
  return dm >= 8 ? 0 : s >> (8 * dm);
}
/// Coefficients that a product of series with sets a and b can have.
constexpr orders product_orders(orders a, orders b) {
  orders s = 0;
  for (orders rest = a; rest; rest &= rest - 1) {
    const int c = std::countr_zero(rest);
    s |= shifted_up(b, x_order(c), t_order(c));
  }
  return s;
}
/// Coefficients j <= s for some s of `of`, s - j in `by`: what a correlation of `of` with `by` can have.
constexpr orders correlation_orders(orders of, orders by) {
  orders s = 0;
  for (orders rest = by; rest; rest &= rest - 1) {
    const int c = std::countr_zero(rest);
    s |= shifted_down(of, x_order(c), t_order(c));
  }
  return s;
}
constexpr double factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
/// (j + k)! / j!
constexpr double rising(int j, int k) {
  double r = 1;
  for (int i = 1; i <= k; i++) r *= j + i;
  return r;
}

}  // namespace dimwise
