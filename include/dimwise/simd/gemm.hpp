// simd/gemm.hpp: the matrix product of every kernel, in register tiles: broadcast weights times columns of samples.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <dimwise/simd/pack.hpp>
#include <utility>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Operands of C[r][n] (+)= sum_k A(r, k) B[k][n] for r < rows, k < depth, n < columns.
/// A(r, k) = a[r * a_row + k * a_col] (a_row = 1 or a_col = 1 are the usual two); row k of B starts at b + k * b_stride, row r of
/// C at c + r * c_stride. `columns` is a multiple of lanes<T>; rows and depth are any numbers. Strides count elements. Nothing
/// needs to be aligned; nothing outside the operands is read or written. C must not overlap A or B.
template <class T>
struct gemm_arguments {
  const T* a;
  std::ptrdiff_t a_row, a_col;
  const T* b;
  std::ptrdiff_t b_stride;
  T* c;
  std::ptrdiff_t c_stride;
  int rows, depth, columns;
};

/// What C holds before the sum: zeros, what is in memory, or a number for each row.
enum class gemm_start { zero, accumulate, bias };

/// Range of k that a strip of rows sums over.
struct gemm_range {
  int begin, end;
};

/// A product that is one term of a sum; the meaning of its members is that of gemm_arguments.
template <class T>
struct gemm_term {
  const T* a;
  std::ptrdiff_t a_row, a_col;
  const T* b;
  std::ptrdiff_t b_stride;
  int depth;
};

inline constexpr int most_gemm_terms = 4;

/// Some rows of C: what they start from plus a sum of products. All pointers are at the first of these rows.
template <class T>
struct gemm_strip {
  gemm_term<T> terms[most_gemm_terms];
  int count = 0;
  T* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int columns = 0;
  gemm_start start = gemm_start::zero;
  const T* bias = nullptr;  ///< for gemm_start::bias
  int bias_columns = 0;     ///< columns that start from the bias, a multiple of lanes<T>; the others start from zero
  int bias_rows = 0;        ///< where the bias has a number for each column (simd/unit_tile.hpp): rows that start from it
};

/// A register tile: the sums of `rows` rows and `packs` packs of columns are in registers at the same time.
struct tile_shape {
  int rows, packs;
  friend constexpr bool operator==(const tile_shape&, const tile_shape&) = default;
};

/// The tiles that a product may be cut into: accumulators, a weight and the packs of a row of B fit the registers. Which one is
/// fastest depends on the product and on the machine; digits depend on none of it. The first ran at the load-fed rate on every
/// machine that was measured.
inline constexpr auto tile_shapes = [] {
  if constexpr (vector_registers >= 32) return std::array<tile_shape, 4>{{{8, 3}, {4, 6}, {6, 4}, {16, 1}}};
  else return std::array<tile_shape, 3>{{{6, 2}, {4, 3}, {12, 1}}};
}();

/// The one of tile_shapes for a product that was not measured. A single vector of columns wants many rows, because fewer than
/// eight sums wait for each other; a single row, which has four sums of its own, wants many vectors.
constexpr int usual_tile(int rows, int packs) {
  constexpr int wide = 1, high = int(tile_shapes.size()) - 1;
  return rows == 1 ? wide : packs == 1 && rows > tile_shapes[0].rows ? high : 0;
}

/// The most rows of a tile.
inline constexpr int most_tile_rows = [] {
  int most = 0;
  for (const tile_shape& s : tile_shapes) most = std::max(most, s.rows);
  return most;
}();

namespace detail {

/// Rows and packs of columns of the first of tile_shapes.
inline constexpr int tile_rows = tile_shapes[0].rows;
inline constexpr int tile_packs = tile_shapes[0].packs;

/// Parts that the sum over k is split into. One or two outputs of a layer have so few accumulators that they would wait for each
/// other. The split depends on nothing but their number, so that digits do not depend on how many samples are computed together,
/// nor on the tile.
constexpr int sums_of(int outputs) { return outputs == 1 ? 4 : outputs == 2 ? 2 : 1; }

/// `p`, about which the compiler knows nothing from here on.
template <class P>
DIMWISE_INLINE P* opaque(P* p) {
#if defined(__GNUC__)
  asm("" : "+r"(p));
#endif
  return p;
}

/// The address of each of Rows rows of C follows from the one before it when it is needed. Known all at once, they would fill the
/// registers.
template <int Rows, class T, class F>
DIMWISE_INLINE void each_row(T* c, std::ptrdiff_t stride, F&& f) {
#pragma GCC unroll 32
  for (int r = 0; r < Rows; ++r) {
    f(r, c);
    if (r + 1 < Rows) c = opaque(c + stride);
  }
}

/// The sums of Rows x Packs packs of C from (row, column) on, in Split parts. Outputs of the layer are rows, all of them; or,
/// OutputsAlong, they are columns, and the bias has a number for each column. `between(k, step)` is asked before the inner loop
/// of each term, of k steps, and may take some of them itself. `apart`: columns from one pack to the next; if they are not side
/// by side, the first alone starts from the bias.
template <bool OutputsAlong, class T, int Split, int Rows, int Packs, class Between>
DIMWISE_INLINE void sum_tile(const gemm_strip<T>& g, int row, int column, pack<T> (&sum)[Split][Rows][Packs], Between&& between,
                             std::ptrdiff_t apart = lanes<T>) {
  if constexpr (OutputsAlong) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = row + r < g.bias_rows ? load(g.bias + v * lanes<T>) : broadcast<T>(0);
  } else if (g.start == gemm_start::accumulate) {
    each_row<Rows>(g.c + column, g.c_stride, [&](int r, const T* c) DIMWISE_INLINE_LAMBDA {
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = load(c + v * apart);
    });
  } else if (g.start == gemm_start::bias && column < g.bias_columns) {
    const int biased = apart > lanes<T> ? 1 : std::min(Packs, (g.bias_columns - column) / lanes<T>);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = v < biased ? broadcast<T>(g.bias[r]) : broadcast<T>(0);
  } else {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = broadcast<T>(0);
  }
#pragma GCC unroll 4
  for (int s = 1; s < Split; ++s)
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[s][r][v] = broadcast<T>(0);

  // Three rows share a pointer: offsets 0, 1 and 2 strides are addressing modes.
  constexpr int groups = (Rows + 2) / 3;
  for (const gemm_term<T>*t = g.terms, *last = g.terms + g.count; t != last; ++t) {
    const std::ptrdiff_t a_row = t->a_row, a_col = t->a_col, b_stride = t->b_stride;
    const T* a[groups];
#pragma GCC unroll 8
    for (int i = 0; i < groups; ++i) a[i] = t->a + (row + 3 * i) * a_row;
    const T* b = t->b + column;
    const auto step = [&](pack<T>(&into)[Rows][Packs]) DIMWISE_INLINE_LAMBDA {
      pack<T> x[Packs];
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) x[v] = in_register(load(b + v * apart));
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        const pack<T> w = in_register(broadcast<T>(a[r / 3][r % 3 * a_row]));
#pragma GCC unroll 32
        for (int v = 0; v < Packs; ++v) into[r][v] = fma(w, x[v], into[r][v]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < groups; ++i) a[i] += a_col;
      b += b_stride;
    };
    int k = t->depth;
    between(k, [&]() DIMWISE_INLINE_LAMBDA { step(sum[0]); });
    if constexpr (Split > 1) {
#pragma GCC unroll 1
      for (; k >= Split; k -= Split) {
        step(sum[0]);
        step(sum[1]);
        if constexpr (Split > 2) {
          step(sum[2]);
          step(sum[3]);
        }
      }
    }
#pragma GCC unroll 1
    for (; k > 0; --k) step(sum[0]);
  }
}

/// Rows x Packs packs of C. Outputs of the layer are rows, and `at` is the tile's first column; or, `OutputsAlong`, they are
/// columns, and `at` is the tile's first row.
template <class T, int Rows, int Packs, int split = sums_of(Rows), bool OutputsAlong = false>
[[gnu::noinline]] void gemm_tile(const gemm_strip<T>& g, int at) {
  pack<T> sum[split][Rows][Packs];
  const int row = OutputsAlong ? at : 0, column = OutputsAlong ? 0 : at;
  sum_tile<OutputsAlong>(g, row, column, sum, [](int&, auto&&) DIMWISE_INLINE_LAMBDA {});
  each_row<Rows>(g.c + row * g.c_stride + column, g.c_stride, [&](int r, T* c) DIMWISE_INLINE_LAMBDA {
#pragma GCC unroll 32
    for (int v = 0; v < Packs; ++v) {
      pack<T> total = sum[0][r][v];
      if constexpr (split == 2) total = total + sum[1][r][v];
      if constexpr (split == 4) total = (total + sum[1][r][v]) + (sum[2][r][v] + sum[3][r][v]);
      simd::store(c + v * lanes<T>, total);
    }
  });
}

/// `rows` rows of Packs packs of C, where every term has depth 1: the rows of B stay in registers, and a row of C takes a few
/// instructions. The outputs of the layer are more than two.
template <class T, int Terms, int Packs>
[[gnu::noinline]] void outer_products(const gemm_strip<T>& g, int rows, int column) {
  pack<T> x[Terms][Packs];
  const T* a[Terms];
  std::ptrdiff_t next[Terms];
#pragma GCC unroll 4
  for (int j = 0; j < Terms; ++j) {
    a[j] = g.terms[j].a;
    next[j] = g.terms[j].a_row;
#pragma GCC unroll 4
    for (int v = 0; v < Packs; ++v) x[j][v] = load(g.terms[j].b + column + v * lanes<T>);
  }
  const int biased = g.start == gemm_start::bias ? std::clamp((g.bias_columns - column) / lanes<T>, 0, Packs) : 0;
  const bool accumulates = g.start == gemm_start::accumulate;
  const std::ptrdiff_t stride = g.c_stride;
  T* c = g.c + column;
#pragma GCC unroll 2
  for (int r = 0; r < rows; ++r, c += stride) {
    pack<T> w[Terms];
#pragma GCC unroll 4
    for (int j = 0; j < Terms; ++j) {
      w[j] = in_register(broadcast<T>(*a[j]));
      a[j] += next[j];
    }
    const pack<T> first = broadcast<T>(biased ? g.bias[r] : T(0));
#pragma GCC unroll 4
    for (int v = 0; v < Packs; ++v) {
      pack<T> sum = accumulates ? load(c + v * lanes<T>) : v < biased ? first : broadcast<T>(0);
#pragma GCC unroll 4
      for (int j = 0; j < Terms; ++j) sum = fma(w[j], x[j][v], sum);
      simd::store(c + v * lanes<T>, sum);
    }
  }
}

/// The next part of what is left: at most `most`, and so that no part is much smaller than the others.
constexpr int even_part(int left, int most) { return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most; }

template <class T>
using tile_function = void (*)(const gemm_strip<T>&, int);

inline constexpr tile_shape most_of_tile = [] {
  tile_shape most{};
  for (const tile_shape& s : tile_shapes) most = {std::max(most.rows, s.rows), std::max(most.packs, s.packs)};
  return most;
}();
constexpr bool in_some_shape(int rows, int packs) {
  for (const tile_shape& s : tile_shapes)
    if (rows <= s.rows && packs <= s.packs) return true;
  return false;
}
template <class T, int Rows, int Packs>
constexpr tile_function<T> tile_or_null() {
  if constexpr (in_some_shape(Rows, Packs)) return gemm_tile<T, Rows, Packs, sums_of(Rows)>;
  else return nullptr;
}

/// The tile of r + 1 rows and p + 1 packs is entry most_of_tile.packs * r + p; null where no shape has it. One and two rows are
/// all outputs of a layer.
template <class T>
inline constexpr auto tiles = []<int... I>(std::integer_sequence<int, I...>) {
  struct {
    tile_function<T> of[most_of_tile.rows * most_of_tile.packs];
  } all{{tile_or_null<T, I / most_of_tile.packs + 1, I % most_of_tile.packs + 1>()...}};
  return all;
}
(std::make_integer_sequence<int, most_of_tile.rows * most_of_tile.packs>{});

/// The tiles of two rows among more, which are left of five where a tile has four.
template <class T>
inline constexpr auto tiles_of_two_rows = []<int... I>(std::integer_sequence<int, I...>) {
  struct {
    tile_function<T> of[most_of_tile.packs];
  } all{{gemm_tile<T, 2, I + 1, 1>...}};
  return all;
}
(std::make_integer_sequence<int, most_of_tile.packs>{});

}  // namespace detail

/// How many of `left` rows the next strip takes.
template <int Tile = 0>
constexpr int strip_rows(int left) {
  return detail::even_part(left, tile_shapes[Tile].rows);
}

/// How many of `left` packs of columns the next tile takes: a single pack is bound by its loads, so 4 are 2 and 2.
template <int Tile = 0>
constexpr int strip_packs(int left) {
  return detail::even_part(left, tile_shapes[Tile].packs);
}

/// Computes `packs` packs from `column` on, as many as strip_packs<Tile> gives, of `rows` rows, as many as strip_rows<Tile>
/// gives, of the `outputs` rows of the whole product. Tile: of tile_shapes.
template <int Tile = 0, class T>
DIMWISE_INLINE void compute_packs(const gemm_strip<T>& g, int rows, [[maybe_unused]] int outputs, int column, int packs) {
  static_assert(tile_shapes[Tile].rows >= 4, "a single row must be a product of its own");
  const detail::tile_function<T>* tile = detail::tiles<T>.of + detail::most_of_tile.packs * (rows - 1) - 1;
  if constexpr (tile_shapes[Tile].rows == 4)
    if (rows == 2 && outputs > 2) tile = detail::tiles_of_two_rows<T>.of - 1;
  tile[packs](g, column);
}

/// The same for all columns.
template <int Tile = 0, class T>
void compute(const gemm_strip<T>& g, int rows, int outputs) {
  for (int left = g.columns / lanes<T>, column = 0, packs; left > 0; left -= packs, column += packs * lanes<T>) {
    packs = strip_packs<Tile>(left);
    compute_packs<Tile>(g, rows, outputs, column, packs);
  }
}

/// In place of one of tile_shapes: sums of a few outer products.
inline constexpr int outer_tile = -1;

/// The most of them in a sum.
inline constexpr int most_outer_products = 3;

/// Computes `rows` rows where each of the at most most_outer_products terms has depth 1, and the whole product more than two
/// rows; the digits are those of `compute`.
template <class T>
void compute_outer_products(const gemm_strip<T>& g, int rows) {
  constexpr int most_packs = 3;
  static constexpr auto function = []<int... I>(std::integer_sequence<int, I...>) {
    return std::array<void (*)(const gemm_strip<T>&, int, int), sizeof...(I)>{
        detail::outer_products<T, I / most_packs + 1, I % most_packs + 1>...};
  }
  (std::make_integer_sequence<int, most_outer_products * most_packs>{});
  for (int left = g.columns / lanes<T>, column = 0, packs; left > 0; left -= packs) {
    packs = detail::even_part(left, most_packs);
    function[std::size_t((g.count - 1) * most_packs + packs - 1)](g, rows, column);
    column += packs * lanes<T>;
  }
}

/// The product over the range of k that `limits(r_begin, r_end)` (a gemm_range within 0..depth) gives for a strip of rows: how a
/// block-triangular mask skips its zeros. Cost: 2 * rows * k range * columns flop.
template <int Tile = 0, class T, class Limits>
void gemm(const gemm_arguments<T>& g, gemm_start start, Limits limits, const T* bias = nullptr, int bias_columns = 0) {
  gemm_strip<T> s;
  s.count = 1;
  s.c_stride = g.c_stride;
  s.columns = g.columns;
  s.start = start;
  s.bias_columns = bias_columns;
  for (int r = 0, rows; r < g.rows; r += rows) {
    rows = strip_rows<Tile>(g.rows - r);
    const gemm_range k = limits(r, r + rows);
    s.terms[0] = {
        g.a + r * g.a_row + k.begin * g.a_col, g.a_row, g.a_col, g.b + k.begin * g.b_stride, g.b_stride, k.end - k.begin};
    s.c = g.c + r * g.c_stride;
    s.bias = bias == nullptr ? nullptr : bias + r;
    compute<Tile>(s, rows, g.rows);
  }
}

/// The product over the whole depth.
template <int Tile = 0, class T>
void gemm(const gemm_arguments<T>& g, gemm_start start) {
  gemm<Tile>(g, start, [&](int, int) { return gemm_range{0, g.depth}; });
}

/// The product added to bias[r] in the first `bias_columns` columns (a multiple of lanes<T>) and to zero in the others.
template <class T, class Limits>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns, Limits limits) {
  gemm(g, gemm_start::bias, limits, bias, bias_columns);
}

/// The same over the whole depth.
template <class T>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns) {
  gemm_bias(g, bias, bias_columns, [&](int, int) { return gemm_range{0, g.depth}; });
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
