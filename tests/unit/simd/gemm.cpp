// tests/unit/simd/gemm.cpp: the register-tile product against three loops, with canaries around the result.
#include "../../catch.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <dimwise/simd/exponential.hpp>
#include <dimwise/simd/gemm.hpp>

using namespace dimwise::simd;

namespace {

/// A random problem. The operands end with their last element and the gaps in B's and C's rows hold NaN and a canary, so that
/// anything read or written beside the operands shows.
template <class T>
struct problem {
  static constexpr T canary = T(-77);
  std::vector<T> a, b, c, before, bias;
  gemm_arguments<T> g{};

  problem(int rows, int depth, int columns, bool rows_adjacent, unsigned seed, int gap = 5) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<T> uniform(-1, 1);
    const auto fill = [&](std::vector<T>& v, long n) {
      v.resize(static_cast<std::size_t>(std::max(0L, n)));
      for (T& x : v) x = uniform(random);
    };
    const std::ptrdiff_t b_stride = columns + gap, c_stride = columns + gap;
    const std::ptrdiff_t a_row = rows_adjacent ? 1 : depth + 2, a_col = rows_adjacent ? rows + 3 : 1;
    fill(a, rows > 0 && depth > 0 ? (rows - 1) * a_row + (depth - 1) * a_col + 1 : 0);
    fill(b, depth > 0 ? (depth - 1) * b_stride + columns : 0);
    fill(c, rows > 0 ? (rows - 1) * c_stride + columns + gap : 0);
    fill(bias, rows);
    for (std::size_t i = 0; i < b.size(); ++i)
      if (static_cast<std::ptrdiff_t>(i) % b_stride >= columns) b[i] = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t i = 0; i < c.size(); ++i)
      if (static_cast<std::ptrdiff_t>(i) % c_stride >= columns) c[i] = canary;
    before = c;
    g = {a.data(), a_row, a_col, b.data(), b_stride, c.data(), c_stride, rows, depth, columns};
  }

  /// Whether C is start(r, n) + the sum over the k that `used(r, k)` allows, and the canaries live.
  template <class Start, class Used>
  bool holds(Start start, Used used) const {
    for (int r = 0; r < g.rows; ++r)
      for (int n = 0; n < g.c_stride; ++n) {
        const auto at = static_cast<std::size_t>(r * g.c_stride + n);
        if (n >= g.columns) {
          if (c[at] != canary) return false;
          continue;
        }
        double want = start(r, n), size = std::fabs(want);
        for (int k = 0; k < g.depth; ++k)
          if (used(r, k)) {
            const double term =
                static_cast<double>(g.a[r * g.a_row + k * g.a_col]) * static_cast<double>(g.b[k * g.b_stride + n]);
            want += term;
            size += std::fabs(term);
          }
        if (!(std::fabs(static_cast<double>(c[at]) - want) <=
              4 * static_cast<double>(std::numeric_limits<T>::epsilon()) * (size + 1e-30)))
          return false;
      }
    return true;
  }
};

const auto zero = [](int, int) { return 0.0; };
const auto everything = [](int, int) { return true; };

}  // namespace

TEMPLATE_TEST_CASE("gemm of many sizes, both layouts of A, both starts", "[simd]", float, double) {
  using T = TestType;
  unsigned seed = 1;
  for (const int rows : {0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 19, 29, 64})
    for (const int depth : {0, 1, 2, 3, 5, 17, 64})
      for (int packs = 0; packs <= 9; ++packs)
        for (const bool rows_adjacent : {false, true}) {
          INFO("rows " << rows << " depth " << depth << " packs " << packs << " rows adjacent " << rows_adjacent);
          problem<T> fresh(rows, depth, packs * lanes<T>, rows_adjacent, ++seed);
          gemm(fresh.g, gemm_start::zero);
          CHECK(fresh.holds(zero, everything));
          problem<T> more(rows, depth, packs * lanes<T>, rows_adjacent, ++seed);
          gemm(more.g, gemm_start::accumulate);
          const auto start = [&](int r, int n) {
            return static_cast<double>(more.before[static_cast<std::size_t>(r * more.g.c_stride + n)]);
          };
          CHECK(more.holds(start, everything));
        }
}

TEMPLATE_TEST_CASE("gemm with a bias in the first columns", "[simd]", float, double) {
  using T = TestType;
  for (const int rows : {1, 5, 13, 24})
    for (int packs = 1; packs <= 7; ++packs)
      for (int biased = 0; biased <= packs; ++biased) {
        problem<T> p(rows, 9, packs * lanes<T>, true, static_cast<unsigned>(rows * 100 + packs));
        gemm_bias(p.g, p.bias.data(), biased * lanes<T>);
        INFO("rows " << rows << " packs " << packs << " biased " << biased);
        CHECK(p.holds(
            [&](int r, int n) { return n < biased * lanes<T> ? static_cast<double>(p.bias[static_cast<std::size_t>(r)]) : 0.0; },
            everything));
      }
}

TEMPLATE_TEST_CASE("gemm sums only over the range that the mask allows", "[simd]", float, double) {
  using T = TestType;
  // Row r may see k < reach(r), not decreasing in r; the zeros beyond are stored, and NaN, where no tile may look.
  const int rows = 37, depth = 41;
  const auto reach = [](int r) { return std::min(41, r / 5 * 7); };
  for (const bool lower : {true, false})
    for (int packs = 1; packs <= 6; ++packs) {
      problem<T> p(rows, depth, packs * lanes<T>, false, 5);
      const auto used = [&](int r, int k) { return lower ? k < reach(r) : k >= reach(r); };
      const auto limits = [&](int begin, int end) {
        return lower ? gemm_range{0, reach(end - 1)} : gemm_range{reach(begin), depth};
      };
      for (int r = 0; r < rows; ++r)
        for (int k = 0; k < depth; ++k)
          if (!used(r, k)) p.a[static_cast<std::size_t>(r * p.g.a_row + k)] = 0;
      gemm(p.g, gemm_start::zero, limits);
      CHECK(p.holds(zero, used));
    }
  // An empty range leaves the start; a B of NaN proves that nothing is read.
  problem<T> p(rows, depth, 2 * lanes<T>, false, 6);
  std::fill(p.b.begin(), p.b.end(), std::numeric_limits<T>::quiet_NaN());
  gemm_bias(p.g, p.bias.data(), p.g.columns, [](int, int) { return gemm_range{7, 7}; });
  for (int r = 0; r < rows; ++r) CHECK(p.c[static_cast<std::size_t>(r * p.g.c_stride)] == p.bias[static_cast<std::size_t>(r)]);
}

TEMPLATE_TEST_CASE("a strip adds up several products, each over its own depth", "[simd]", float, double) {
  using T = TestType;
  for (int rows = 1; rows == strip_rows<0>(rows); ++rows)
    for (int packs = 1; packs <= 7; ++packs) {
      problem<T> first(rows, 7, packs * lanes<T>, true, 1), second(rows, 1, packs * lanes<T>, false, 2),
          third(rows, 12, packs * lanes<T>, false, 3);
      gemm_strip<T> s;
      for (const problem<T>* p : {&first, &second, &third})
        s.terms[s.count++] = {p->g.a, p->g.a_row, p->g.a_col, p->g.b, p->g.b_stride, p->g.depth};
      s.c = third.g.c;
      s.c_stride = third.g.c_stride;
      s.columns = third.g.columns;
      s.start = gemm_start::bias;
      s.bias = third.bias.data();
      s.bias_columns = lanes<T>;
      compute(s, rows, rows);
      const auto start = [&](int r, int n) {
        double sum = n < lanes<T> ? static_cast<double>(third.bias[static_cast<std::size_t>(r)]) : 0.0;
        for (const problem<T>* p : {&first, &second})
          for (int k = 0; k < p->g.depth; ++k)
            sum +=
                static_cast<double>(p->g.a[r * p->g.a_row + k * p->g.a_col]) * static_cast<double>(p->g.b[k * p->g.b_stride + n]);
        return sum;
      };
      INFO("rows " << rows << " packs " << packs);
      CHECK(third.holds(start, everything));
    }
}

TEMPLATE_TEST_CASE("digits of a column do not depend on the number of columns", "[simd]", float, double) {
  using T = TestType;
  for (const int rows : {1, 2, 3, 9, 17, 64}) {
    problem<T> all(rows, 37, 9 * lanes<T>, false, 11);
    gemm(all.g, gemm_start::zero);
    for (int packs = 1; packs < 9; ++packs) {
      std::vector<T> c(static_cast<std::size_t>(rows * packs * lanes<T>));
      gemm_arguments<T> g = all.g;
      g.c = c.data();
      g.c_stride = g.columns = packs * lanes<T>;
      gemm(g, gemm_start::zero);
      bool same = true;
      for (int r = 0; r < rows; ++r)
        for (int n = 0; n < g.columns; ++n)
          same =
              same && c[static_cast<std::size_t>(r * g.c_stride + n)] == all.c[static_cast<std::size_t>(r * all.g.c_stride + n)];
      CHECK(same);
    }
  }
}

TEMPLATE_TEST_CASE("digits do not depend on the tile", "[simd]", float, double) {
  using T = TestType;
  for (const int rows : {1, 2, 3, 4, 5, 9, 16, 17, 33, 64})
    for (int packs = 1; packs <= 8; ++packs)
      for (const int depth : {1, 5, 37}) {
        problem<T> p(rows, depth, packs * lanes<T>, false, 11);
        gemm(p.g, gemm_start::zero);
        const auto expected = p.c;
        const auto check = [&]<int Tile>(std::integral_constant<int, Tile>) {
          const tile_shape& shape = tile_shapes[Tile];
          std::fill(p.c.begin(), p.c.end(), T(3));
          gemm<Tile>(p.g, gemm_start::zero);
          bool same = true;
          for (int r = 0; r < rows; ++r)
            for (int n = 0; n < p.g.columns; ++n)
              same = same && p.c[static_cast<std::size_t>(r * p.g.c_stride + n)] ==
                                 expected[static_cast<std::size_t>(r * p.g.c_stride + n)];
          INFO(rows << " x " << depth << " x " << packs << ", tile " << shape.rows << " x " << shape.packs);
          CHECK(same);
        };
        [&]<int... I>(std::integer_sequence<int, I...>) { (check(std::integral_constant<int, I>{}), ...); }
        (std::make_integer_sequence<int, int(tile_shapes.size())>{});
      }
}

TEMPLATE_TEST_CASE("sums of a few outer products have the digits of tiles", "[simd]", float, double) {
  using T = TestType;
  for (int terms = 1; terms <= most_outer_products; ++terms)
    for (const gemm_start start : {gemm_start::zero, gemm_start::accumulate, gemm_start::bias})
      for (int rows = 3; rows <= 20; ++rows)
        for (int packs = 1; packs <= 7; ++packs) {
          std::vector<problem<T>> p;
          for (int j = 0; j <= terms; ++j) p.emplace_back(rows, 1, packs * lanes<T>, j % 2 == 0, unsigned(j));
          problem<T>& tiles = p.back();
          problem<T> outer = tiles;
          gemm_strip<T> s;
          const auto strip_from = [&](problem<T>& to, int row) {
            for (s.count = 0; s.count < terms; ++s.count) {
              const gemm_arguments<T>& g = p[std::size_t(s.count)].g;
              s.terms[s.count] = {g.a + row * g.a_row, g.a_row, g.a_col, g.b, g.b_stride, 1};
            }
            s.c = to.c.data() + row * to.g.c_stride;
            s.c_stride = to.g.c_stride;
            s.columns = to.g.columns;
            s.start = start;
            s.bias = to.bias.data() + row;
            s.bias_columns = std::min(2, packs) * lanes<T>;
          };
          for (int row = 0, height; row < rows; row += height) {
            height = strip_rows<0>(rows - row);
            strip_from(tiles, row);
            compute(s, height, rows);
          }
          strip_from(outer, 0);
          compute_outer_products(s, rows);
          INFO(terms << " terms, " << rows << " rows, " << packs << " packs, start " << int(start));
          CHECK(std::equal(outer.c.begin(), outer.c.end(), tiles.c.begin()));
        }
}

TEST_CASE("strips cover the rows and none is much lower than the others", "[simd]") {
  for (int rows = 1; rows <= 200; ++rows) {
    int covered = 0, lowest = rows;
    for (int r; covered < rows; covered += r) {
      r = strip_rows<0>(rows - covered);
      REQUIRE(r > 0);
      lowest = std::min(lowest, r);
    }
    CHECK(covered == rows);
    CHECK(lowest >= std::min(rows, strip_rows<0>(1 << 20) / 2));
  }
}

TEMPLATE_TEST_CASE("the product uses fused multiply-adds where the machine has them", "[simd]", float, double) {
  using T = TestType;
  const T e = std::ldexp(T(1), -std::numeric_limits<T>::digits / 2 - 1);
  std::vector<T> a{-1, 1 + e}, b(static_cast<std::size_t>(2 * lanes<T>)), c(static_cast<std::size_t>(lanes<T>));
  for (int i = 0; i < lanes<T>; ++i) {
    b[static_cast<std::size_t>(i)] = 1;
    b[static_cast<std::size_t>(i + lanes<T>)] = 1 - e;
  }
  // With one row the sum over k is split; an A of depth 2 in both parts keeps (1 + e)(1 - e) apart from -1, so accumulate
  // instead.
  const gemm_arguments<T> first{a.data(), 2, 1, b.data(), lanes<T>, c.data(), lanes<T>, 1, 1, lanes<T>};
  gemm(first, gemm_start::zero);
  const gemm_arguments<T> second{a.data() + 1, 2, 1, b.data() + lanes<T>, lanes<T>, c.data(), lanes<T>, 1, 1, lanes<T>};
  gemm(second, gemm_start::accumulate);
  CHECK(c[0] == (has_fused_multiply_add ? -e * e : T(0)));
}
