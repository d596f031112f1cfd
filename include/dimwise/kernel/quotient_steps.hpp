// kernel/quotient_steps.hpp: a layer of which nothing but the value is asked for, whose function ends in a division, as one step.
#pragma once
#include "../ir/jet_program.hpp"
#include "../simd/elementary.hpp"
#include "../simd/quotient_tile.hpp"
#include "matrix_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace steps {

/// products and what follows them, the value of a function: results go to the follower's memory at once, and the divisions of a
/// register tile run between the multiply-adds of the next. Requires that the products are one sum, of as many columns as
/// samples.
template <class T, class Quotient>
void products_before_quotients(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  using pending_quotients = simd::pending_quotients<T>;
  const int rows = st.products->rows;
  const detail::depth_ranges ranges(st.products, st.product_count, st.d, c.i);
  if (st.inputs && c.next_valid) detail::ask_for_inputs(st, c);
  pending_quotients pending;
  simd::gemm_strip<T> g;
  const row_reference& out = st.follower->out;
  for (int r = 0, height; r < rows; r += height) {
    height = simd::strip_rows(rows - r);
    if (st.ahead.size) detail::ask_ahead(st, c, r, r + height, rows);
    detail::set_sum(g, st.products, st, c, ranges, r, height);
    g.c = c.at(out, r);
    g.c_stride = out.row;
    for (int left = g.columns / simd::lanes<T>, column = 0, packs; left > 0; left -= packs, column += packs * simd::lanes<T>) {
      packs = simd::strip_packs(left);
      if (height == pending_quotients::rows && packs == pending_quotients::packs) {
        simd::quotient_tile<T, Quotient>(g, column, pending);
        continue;
      }
      simd::compute_packs(g, height, rows, column, packs);
      for (int w = 0; w < height; w++)
        for (int s = column; s < column + packs * simd::lanes<T>; s += simd::lanes<T>) {
          T* const at = g.c + w * g.c_stride + s;
          const Quotient q(V(simd::load(at)));
          simd::store(at, q.numerator / q.denominator);
        }
    }
  }
  pending.finish();
}

/// products_before_quotients of a layer's function; null where that does not end in a division, where fewer than half of the rows
/// are in whole tiles, or for a single vector of samples, which has tiles of more rows. (Two vectors are in no tile with
/// divisions pending, but a function behind each tile still takes 8 % less of W1 than one behind each strip.)
template <class T>
step_function<T> products_before(function f, int rows, int samples) {
  using tile = simd::pending_quotients<T>;
  if (samples <= simd::lanes<T>) return nullptr;
  if (rows % tile::rows != 0 && rows < 4 * tile::rows) return nullptr;  // the last 9 to 15 are cut in two
#if defined(DIMWISE_SIMD_AVX512)  // 32 registers: a tile, and what it takes to divide beside it
  if (f == function::tanh) return products_before_quotients<T, simd::tanh_quotient<T>>;
  if (f == function::sigmoid) return products_before_quotients<T, simd::sigmoid_quotient<T>>;
#endif
  (void)f;
  return nullptr;
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
