// kernel/layer_steps.hpp: a layer with derivatives and its elementary function as one step: the series of the function is made
// from the sums of a register tile while they are in registers.
#pragma once
#include "matrix_steps.hpp"
#include "unary_vectors.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

/// Rows of a register tile of all coefficients of a vector of samples: as many as leave registers for a weight and for a row of
/// operands. 0: no such tile. Fewer rows than four, or coefficients than the usual tile has packs, are too few multiply-adds for
/// their loads; more than most_coefficients_unrolled would be much code.
constexpr int rows_of_layer_tile(int coefficients) {
  if (coefficients < simd::tile_shapes[0].packs || coefficients > most_coefficients_unrolled) return 0;
  const int rows = std::min((simd::vector_registers - 1 - coefficients) / coefficients, simd::tile_shapes[0].rows);
  return rows < 4 ? 0 : rows;
}

namespace detail {
/// What `st`, the step of the function, makes of a tile's rows and its vector of samples from `sample` on. y: where the first of
/// its results goes.
template <class T, function F, class A>
[[gnu::noinline]] void layer_tile(const simd::gemm_strip<T>& g, int sample, const step<T>& st, T* y) {
  using V = simd::pack<T>;
  using function_of_vectors = unary_vectors<T, F, false, A, A>;
  constexpr int rows = rows_of_layer_tile(A::capacity);
  const function_of_vectors f(st);
  V sum[1][rows][A::capacity];
  simd::detail::sum_tile<false>(
      g, 0, sample, sum, [](int&, auto&&) DIMWISE_INLINE_LAMBDA {}, f.samples);
  // Numbers of their own from here on: where these do not fit in registers, the loop above does not hear of it.
#pragma GCC unroll 32
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 32
    for (int p = 0; p < A::capacity; ++p) sum[0][r][p] = simd::in_register(sum[0][r][p]);
  simd::detail::each_row<rows>(y, st.out.row, [&](int r, T* out) DIMWISE_INLINE_LAMBDA {
    V slope(T(0));
    jet<V, A> u(f.set);
    f.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { u.c[f.set.place(k)] = sum[0][r][f.set.place(k)]; });
    jet<V, typename function_of_vectors::full_set> result(f.out.closure());
    f.compute(st, u, result, slope);
    f.store(out, result);
  });
}

/// Rows that are computed for one vector of samples before the next: as many as have their weights in the nearest cache beside
/// its columns.
template <class T>
int rows_of_vector(const step<T>& st, int tile_rows, int columns) {
  if (asks_with_each_tile(st)) return tile_rows;
  const std::ptrdiff_t fit = nearest_cache / std::max<std::ptrdiff_t>(bytes_of_column<T>(st.products), 1) - columns;
  return int(std::clamp<std::ptrdiff_t>(fit / tile_rows * tile_rows, tile_rows, most_strip_rows / tile_rows * tile_rows));
}
}  // namespace detail

/// products and what follows them, the series A of a function of the coefficients A: one sum of products. Rows that are left of
/// tiles go to the step of products alone, which is in the runtime library: its tiles would be most of a model's code.
template <class T, function F, class A>
void layer(const step<T>& st, const call<T>& c) {
  constexpr int tile_rows = rows_of_layer_tile(A::capacity);
  const int rows = st.products->rows;
  // Products of one or two rows are summed in another order than these rows of a larger one: so none are left.
  int in_tiles = rows / tile_rows * tile_rows;
  if (rows - in_tiles == 1 || rows - in_tiles == 2) in_tiles = std::max(in_tiles - tile_rows, 0);
  const detail::depth_ranges ranges(st.products, st.product_count, st.d, c.i);
  if (st.inputs && c.next_valid) detail::ask_for_inputs(st, c);
  const step<T>& next = *st.follower;
  const int of_vector = detail::rows_of_vector(st, tile_rows, simd::lanes<T> * A::capacity);
  simd::gemm_strip<T> tile[most_strip_rows / tile_rows];
  for (int begin = 0, end; begin < in_tiles; begin = end) {
    end = std::min(begin + of_vector, in_tiles);
    for (int r = begin; r < end; r += tile_rows) {
      if (st.ahead.size) detail::ask_ahead(st, c, r, r + tile_rows, rows);
      detail::set_sum(tile[(r - begin) / tile_rows], st.products, st, c, ranges, r, tile_rows);
    }
    for (int s = 0; s < st.samples; s += simd::lanes<T>)
      for (int r = begin; r < end; r += tile_rows)
        detail::layer_tile<T, F, A>(tile[(r - begin) / tile_rows], s, next, c.at(next.out, r) + s);
  }
  if (in_tiles == rows) return;
  call<T> rest = c;
  rest.first_row = in_tiles;
  rest.next_valid = 0;  // asked for above
  st.other_run(st, rest);
}

/// The layer of a function's step; null where there is none. Functions that do not follow from their value would be more code
/// than a tile can do with. A first layer makes nothing but values (its derivative is a column of weights), so that what has
/// fewer coefficients than the function's result has no layer.
template <class T, function F, bool Slope, class Out, class A>
constexpr step_function<T> layer_of() {
  if constexpr (!Slope && follows_from_value(F) && std::is_same_v<Out, A> && !std::is_same_v<A, dynamic_orders>)
    if constexpr (A::has(0) && rows_of_layer_tile(A::capacity) > 0) return layer<T, F, A>;
  return nullptr;
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
