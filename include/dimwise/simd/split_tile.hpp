// simd/split_tile.hpp: products of single-precision matrices in tile registers that multiply bf16 numbers (AMX). Each number is
// the sum of three bf16 numbers; of the nine products of two of them the six largest are kept, which leaves the error of single
// precision.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <dimwise/simd/gemm.hpp>
#include <utility>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Whether this translation unit can hold products from parts; the processor may still lack the instructions.
#if defined(DIMWISE_SIMD_AVX512) && defined(__x86_64__)
#define DIMWISE_SIMD_SPLIT 1
template <class T>
inline constexpr bool has_split_tiles = sizeof(T) == 4;
#else
template <class T>
inline constexpr bool has_split_tiles = false;
#endif

inline constexpr int split_parts = 3;
inline constexpr int split_products = 6;  ///< of parts, for one of numbers
inline constexpr int tile_lines = 16;     ///< rows of a tile register, and columns of single-precision numbers
inline constexpr int tile_depth = 32;     ///< bf16 numbers in a row of a tile register: what one instruction sums over
inline constexpr int tile_numbers = 512;  ///< bf16 numbers of a tile register

/// x as the sum of three bf16 numbers (the upper halves of single-precision ones), each the nearest to what the ones before it
/// leave.
inline void split_number(float x, std::uint16_t (&part)[split_parts]) {
  for (std::uint16_t& p : part) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), up = bits + 0x7fff + ((bits >> 16) & 1);
    const bool overflows = (up & 0x7f800000) == 0x7f800000;  // rounded down then, so that no large number becomes infinite
    p = std::uint16_t((overflows ? bits : up) >> 16);
    x -= std::bit_cast<float>(std::uint32_t(p) << 16);
  }
}

/// Rows [0, rows) and columns [0, depth) of A, row-major with stride `row`, as tiles [rows / 16][depth / 32][part], filled up
/// with zeros.
inline void split_weights(const float* a, std::ptrdiff_t row, int rows, int depth, std::uint16_t* to) {
  std::memset(to, 0,
              sizeof(std::uint16_t) *
                  std::size_t((rows + tile_lines - 1) / tile_lines * ((depth + tile_depth - 1) / tile_depth)) * split_parts *
                  tile_numbers);
  const int blocks = (depth + tile_depth - 1) / tile_depth;
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < depth; k++) {
      std::uint16_t part[split_parts];
      split_number(a[r * row + k], part);
      std::uint16_t* tile = to + ((r / tile_lines) * blocks + k / tile_depth) * std::ptrdiff_t(split_parts) * tile_numbers;
      for (int i = 0; i < split_parts; i++) tile[i * tile_numbers + r % tile_lines * tile_depth + k % tile_depth] = part[i];
    }
}

#if defined(DIMWISE_SIMD_SPLIT)

/// The parts of 16 numbers of two rows, a line of 64 bytes each: the upper halves of the second row's, below them those of the
/// first's. The parts are cut off, not rounded: that is exact and takes two instructions a number and part. stride: elements from
/// a line to that of the next part.
DIMWISE_INLINE void split_lines(__m512i first, __m512i second, std::uint16_t* to, std::ptrdiff_t stride) {
  const __m512i upper = _mm512_set1_epi32(int(0xffff0000)), upper_to_lower = _mm512_set4_epi32(0x0f0e, 0x0b0a, 0x0706, 0x0302);
  const auto rest = [&](__m512i x) DIMWISE_INLINE_LAMBDA {
    return _mm512_castps_si512(_mm512_sub_ps(_mm512_castsi512_ps(x), _mm512_castsi512_ps(_mm512_and_si512(x, upper))));
  };
  constexpr __mmask64 lower = 0x3333333333333333;
#pragma GCC unroll 3
  for (int part = 0; part < split_parts; part++) {
    _mm512_storeu_si512(to + part * stride, _mm512_mask_shuffle_epi8(second, lower, first, upper_to_lower));
    if (part + 1 < split_parts) first = rest(first), second = rest(second);
  }
}

/// `depth` rows of `columns` (a multiple of 16) numbers, where row(k) gives row k and is asked in order, as lines [depth /
/// 2][part][columns / 16] of 64 bytes: two rows beside each other as the instruction reads them, filled up with zeros to a
/// multiple of 32 rows. A tile is every so many lines, so that what two rows become lies on few pages: the TLB of stores is
/// small. Only rows [begin, end) are split: begin is even, and end is, too, or it is the depth.
template <class Row>
inline void split_operand(Row&& row, int depth, int columns, std::uint16_t* to, int begin, int end) {
  const int groups = columns / tile_lines,
            pairs = end < depth ? end / 2 : (depth + tile_depth - 1) / tile_depth * (tile_depth / 2);
  for (int q = begin / 2; q < pairs; q++) {
    const float *const a = 2 * q < depth ? row(2 * q) : nullptr, *const b = 2 * q + 1 < depth ? row(2 * q + 1) : nullptr;
    for (int g = 0; g < groups; g++) {
      const __m512i first = a ? _mm512_loadu_si512(a + g * tile_lines) : _mm512_setzero_si512();
      const __m512i second = b ? _mm512_loadu_si512(b + g * tile_lines) : _mm512_setzero_si512();
      split_lines(first, second, to + (std::ptrdiff_t(q) * split_parts * groups + g) * tile_depth,
                  std::ptrdiff_t(groups) * tile_depth);
    }
  }
}

/// The tile registers of the processor. Instructions by name: assemblers know them whatever this file is compiled for, and unlike
/// the intrinsics of g++ 12 they say that memory is read and written.
struct amx_tiles {
  /// Before the first use in a call, and after the last: the registers belong to the thread.
  static void begin() {
    struct alignas(64) {
      std::uint8_t palette = 1, start = 0, reserved[14] = {};
      std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } shapes;
    asm volatile("ldtilecfg (%0)" : : "r"(&shapes) : "memory");
  }
  static void end() { asm volatile("tilerelease" : : : "memory"); }
  template <int Tile>
  DIMWISE_INLINE void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(Tile));
  }
  /// 16 lines of 64 bytes; row: bytes from one to the next.
  template <int Tile>
  DIMWISE_INLINE void load(const void* from, std::ptrdiff_t row = 64) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(row), "i"(Tile) : "memory");
  }
  template <int Tile>
  DIMWISE_INLINE void store(void* to, std::ptrdiff_t row = 64) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(row), "i"(Tile) : "memory");
  }
  /// C[m][n] += sum over k < 16 of the two products A[m][2k + j] B[k][2n + j].
  template <int C, int A, int B>
  DIMWISE_INLINE void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};

/// The same in software: for tests, and to see the digits of a machine that has AMX on one that has not.
class emulated_tiles {
 public:
  static void begin() {}
  static void end() {}
  template <int Tile>
  void zero() {
    std::memset(tile_[Tile], 0, sizeof tile_[Tile]);
  }
  template <int Tile>
  void load(const void* from, std::ptrdiff_t row = 64) {
    for (int r = 0; r < tile_lines; r++) std::memcpy(tile_[Tile] + r * 64, static_cast<const char*>(from) + r * row, 64);
  }
  template <int Tile>
  void store(void* to, std::ptrdiff_t row = 64) {
    for (int r = 0; r < tile_lines; r++) std::memcpy(static_cast<char*>(to) + r * row, tile_[Tile] + r * 64, 64);
  }
  template <int C, int A, int B>
  void multiply() {
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(0x9fc0);  // denormal numbers are zero, as operands and as results; to nearest, ties to even; no traps
    dot_products(tile_[C], tile_[A], tile_[B]);
    _mm_setcsr(mode);
  }
  /// The operation as Intel's manual has it (TDPBF16PS): even and odd products are summed apart, each addition rounded, then
  /// added to each other and to C. Not inline: the compiler does not know that the mode above belongs to it.
  [[gnu::noinline]] static void dot_products(unsigned char* c, const unsigned char* a, const unsigned char* b) {
    const __m512i upper = _mm512_set1_epi32(int(0xffff0000));
    for (int m = 0; m < tile_lines; m++) {
      __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
      for (int k = 0; k < tile_lines; k++) {
        int pair;
        std::memcpy(&pair, a + m * 64 + k * 4, 4);
        const __m512i left = _mm512_set1_epi32(pair), right = _mm512_loadu_si512(b + k * 64);
        even = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(left, 16)),
                               _mm512_castsi512_ps(_mm512_slli_epi32(right, 16)), even);
        odd = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(left, upper)),
                              _mm512_castsi512_ps(_mm512_and_si512(right, upper)), odd);
      }
      _mm512_storeu_ps(c + m * 64, _mm512_add_ps(_mm512_loadu_ps(c + m * 64), _mm512_add_ps(even, odd)));
    }
  }

 private:
  alignas(64) unsigned char tile_[8][1024];
};

/// A product that is one term of a sum: blocks [begin, end) of the depth, 32 each.
struct split_term {
  const std::uint16_t* a = nullptr;  ///< tiles of the first rows
  std::ptrdiff_t a_next = 0;         ///< from there to the tiles of the next 16 rows
  const std::uint16_t* b = nullptr;  ///< lines of the whole operand
  int groups = 0;                    ///< 16 columns each, of the whole operand
  int begin = 0, end = 0;
};

/// At most 32 rows of C, all columns: C = the sum of the terms and, where there is one, of a bias or of what C holds.
struct split_strip {
  split_term terms[most_gemm_terms];
  int count = 0;
  float* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int rows = 0, columns = 0;
  bool add = false;             ///< to what C holds
  const float* bias = nullptr;  ///< a tile for each 16 rows, the number of a row in all its columns
  int bias_groups = 0;          ///< groups of 16 columns that start from it
  /// How often `multiply` calls what runs meanwhile.
  int pauses() const {
    int blocks = 0;
    for (int j = 0; j < count; j++) blocks += terms[j].end - terms[j].begin;
    return (columns / tile_lines + 1) / 2 * blocks * split_products;
  }
};

namespace detail {

/// Rows x Groups tiles of C; the order in which a number is summed up does not depend on them. What is read of the strip is read
/// once: the compiler does not know that tiles leave it alone.
template <class Tiles, int Rows, int Groups, class Meanwhile>
DIMWISE_INLINE void split_tile(Tiles& tiles, const split_strip& s, int group, Meanwhile& meanwhile) {
  const auto each = [](auto&& f) DIMWISE_INLINE_LAMBDA {
    [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA {
      (f(std::integral_constant<int, I / Groups>{}, std::integral_constant<int, I % Groups>{}), ...);
    }
    (std::make_integer_sequence<int, Rows * Groups>{});
  };
  const std::ptrdiff_t c_stride = s.c_stride, c_row = c_stride * std::ptrdiff_t(sizeof(float));
  float* const c = s.c + group * tile_lines;
  const int last_rows = s.rows - (Rows - 1) * tile_lines;  // of the last tile
  const auto place = [&](int r, int g) DIMWISE_INLINE_LAMBDA { return c + r * tile_lines * c_stride + g * tile_lines; };
  const auto whole = [&](int r) DIMWISE_INLINE_LAMBDA { return r + 1 < Rows || last_rows == tile_lines; };
  const bool add = s.add;
  each([&](auto r, auto g) DIMWISE_INLINE_LAMBDA {
    constexpr int tile = 2 * r + g;
    if (add && whole(r)) {
      tiles.template load<tile>(place(r, g), c_row);
    } else if (add) {
      alignas(64) float start[tile_lines * tile_lines] = {};
      for (int i = 0; i < last_rows; i++) simd::store(start + i * tile_lines, load(place(r, g) + i * c_stride));
      tiles.template load<tile>(start);
    } else if (group + g < s.bias_groups) {
      tiles.template load<tile>(s.bias + r * tile_lines * tile_lines);
    } else {
      tiles.template zero<tile>();
    }
  });
  const int count = s.count;
  for (int j = 0; j < count; j++) {
    const split_term& t = s.terms[j];
    const std::ptrdiff_t b_part = std::ptrdiff_t(t.groups) * tile_depth, b_row = split_parts * b_part, a_next = t.a_next;
    const std::uint16_t* a = t.a + std::ptrdiff_t(t.begin) * split_parts * tile_numbers;
    const std::uint16_t* b = t.b + t.begin * tile_lines * b_row + group * tile_depth;
    for (int left = t.end - t.begin; left > 0; left--) {
      const auto product = [&]<int I>(std::integral_constant<int, I>) DIMWISE_INLINE_LAMBDA {
        // the smallest first; only the part that changes is loaded
        constexpr int of_a[] = {0, 0, 1, 1, 2, 0}, of_b[] = {2, 1, 1, 0, 0, 0};
        constexpr bool new_a = I == 0 || of_a[I] != of_a[I == 0 ? 0 : I - 1],
                       new_b = I == 0 || of_b[I] != of_b[I == 0 ? 0 : I - 1];
        if constexpr (new_a) {
          tiles.template load<4>(a + of_a[I] * tile_numbers);
          if constexpr (Rows == 2) tiles.template load<5>(a + a_next + of_a[I] * tile_numbers);
        }
        if constexpr (new_b) {
          tiles.template load<6>(b + of_b[I] * b_part, 2 * b_row);
          if constexpr (Groups == 2) tiles.template load<7>(b + of_b[I] * b_part + tile_depth, 2 * b_row);
        }
        meanwhile();
        each([&](auto r, auto g) DIMWISE_INLINE_LAMBDA { tiles.template multiply<2 * r + g, 4 + r, 6 + g>(); });
      };
      [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (product(std::integral_constant<int, I>{}), ...); }
      (std::make_integer_sequence<int, split_products>{});
      a += split_parts * tile_numbers;
      b += tile_lines * b_row;
    }
  }
  each([&](auto r, auto g) DIMWISE_INLINE_LAMBDA {
    constexpr int tile = 2 * r + g;
    if (whole(r)) return tiles.template store<tile>(place(r, g), c_row);
    alignas(64) float sum[tile_lines * tile_lines];
    tiles.template store<tile>(sum);
    for (int i = 0; i < last_rows; i++) simd::store(place(r, g) + i * c_stride, load(sum + i * tile_lines));
  });
}

}  // namespace detail

/// meanwhile(): called `s.pauses()` times while the tile registers have work. It must not use them, nor what the strip reads or
/// writes.
template <class Tiles, class Meanwhile>
void multiply(Tiles& tiles, const split_strip& s, Meanwhile&& meanwhile) {
  const int groups = s.columns / tile_lines;
  for (int g = 0; g < groups; g += 2) {
    const bool two_rows = s.rows > tile_lines, two = g + 1 < groups;
    if (two_rows && two) detail::split_tile<Tiles, 2, 2>(tiles, s, g, meanwhile);
    else if (two_rows) detail::split_tile<Tiles, 2, 1>(tiles, s, g, meanwhile);
    else if (two) detail::split_tile<Tiles, 1, 2>(tiles, s, g, meanwhile);
    else detail::split_tile<Tiles, 1, 1>(tiles, s, g, meanwhile);
  }
}

#endif

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
