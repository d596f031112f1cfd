// simd/quotient_tile.hpp: a register tile of a matrix product with an elementary function behind it whose last operation is a
// division. The divisions of one tile run between the multiply-adds of the next.
#pragma once
#include <dimwise/simd/gemm.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Quotients of a tile that are still to be computed. A processor divides beside its multiply-adds: on Golden Cove a division of
/// 16 numbers keeps its unit busy for ten cycles, but takes the time of only three to four multiply-adds from a loop that has
/// enough of them. An elementary function by itself has too few.
template <class T>
class pending_quotients {
 public:
  static constexpr int rows = tile_shapes[0].rows, packs = tile_shapes[0].packs;

  /// Sets numerator and denominator of pack v of row r.
  DIMWISE_INLINE void set(int r, int v, const pack<T>& numerator, const pack<T>& denominator) {
    store(numerators_ + (r * packs + v) * lanes<T>, numerator);
    store(denominators_ + (r * packs + v) * lanes<T>, denominator);
  }
  /// All are set, and are wanted at `to` and, row after row, `stride` later.
  DIMWISE_INLINE void ready(T* to, std::ptrdiff_t stride) {
    to_ = to;
    stride_ = stride;
  }
  /// Computes them, if there are any.
  DIMWISE_INLINE void finish() {
    int k = rows * packs;
    finish_between(k, [] {});
  }
  /// Computes them, each behind a step of a loop of k steps that `step` runs, if there are so many.
  template <class Step>
  DIMWISE_INLINE void finish_between(int& k, Step&& step) {
    if (!to_ || k < rows * packs) return;
    T* to = to_;
    const std::ptrdiff_t stride = stride_;
    const T *numerator = numerators_, *denominator = denominators_;
#pragma GCC unroll 1
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < packs; ++v) {
        step();
        store(to + v * lanes<T>, load(numerator + v * lanes<T>) / load(denominator + v * lanes<T>));
      }
      to += stride;
      numerator += packs * lanes<T>;
      denominator += packs * lanes<T>;
    }
    k -= rows * packs;
    to_ = nullptr;
  }

 private:
  alignas(64) T numerators_[rows * packs * lanes<T>];
  alignas(64) T denominators_[rows * packs * lanes<T>];
  T* to_ = nullptr;
  std::ptrdiff_t stride_ = 0;
};

/// The function of rows x packs packs of C, from column `column` on, that Quotient is the quotient of: computes what is pending
/// and leaves its own divisions. `g` gives what the product starts from, its terms and where the results go.
template <class T, class Quotient>
[[gnu::noinline]] void quotient_tile(const gemm_strip<T>& g, int column, pending_quotients<T>& pending) {
  constexpr int rows = pending_quotients<T>::rows, packs = pending_quotients<T>::packs;
  pack<T> sum[1][rows][packs];
  detail::sum_tile<false>(g, 0, column, sum, [&](int& k, auto&& step) DIMWISE_INLINE_LAMBDA { pending.finish_between(k, step); });
  pending.finish();  // where no term was long enough
#pragma GCC unroll 32
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 32
    for (int v = 0; v < packs; ++v) {
      const Quotient q(sum[0][r][v]);
      pending.set(r, v, q.numerator, q.denominator);
    }
  pending.ready(g.c + column, g.c_stride);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
