// tests/unit/simd/split_tile.cpp: products from bf16 parts: exact parts, the error of single precision, and the machine code of
// the tile registers, run where the processor has none by a handler that does what each instruction means.
#include "dimwise/simd/split_tile.hpp"

#include <cmath>
#include <random>
#include <vector>

#include "catch.hpp"
#include "dimwise/core/aligned.hpp"
#include "dimwise/kernel/product_arithmetic.hpp"
#include "support/trapped_tiles.hpp"

using namespace dimwise;
using namespace dimwise::simd;

namespace {

double number(std::uint16_t part) { return double(std::bit_cast<float>(std::uint32_t(part) << 16)); }

TEST_CASE("a number is the sum of its parts, each half a unit of the one before at most", "[simd]") {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 100000; i++) {
    const float x = std::ldexp(normal(engine), i % 160 - 80);
    std::uint16_t part[split_parts];
    split_number(x, part);
    REQUIRE(number(part[0]) + number(part[1]) + number(part[2]) == double(x));
    REQUIRE(std::abs(double(x) - number(part[0])) <= std::ldexp(std::abs(double(x)), -8));
    REQUIRE(std::abs(double(x) - number(part[0]) - number(part[1])) <= std::ldexp(std::abs(double(x)), -16));
  }
  std::uint16_t part[split_parts];
  for (const float x : {std::numeric_limits<float>::max(), -std::numeric_limits<float>::max()}) {
    split_number(x, part);
    CHECK(std::isfinite(number(part[0])));
    CHECK(number(part[0]) + number(part[1]) + number(part[2]) == double(x));
  }
}

#if defined(DIMWISE_SIMD_SPLIT)

struct problem {
  int rows, depth, columns;
  aligned_vector<float> a, b, c;
  std::vector<std::uint16_t> weights, operand;
  problem(int rows_, int depth_, int columns_) : rows(rows_), depth(depth_), columns(columns_) {
    std::mt19937 engine(7);
    std::normal_distribution<float> normal;
    a.resize(std::size_t(rows * depth));
    b.resize(std::size_t(depth * columns));
    c.assign(std::size_t(rows * columns), 0);
    for (auto* v : {&a, &b})
      for (float& x : *v) x = normal(engine);
    const int blocks = (depth + tile_depth - 1) / tile_depth;
    weights.resize(std::size_t((rows + 15) / 16 * blocks * split_parts * tile_numbers));
    operand.resize(std::size_t(blocks * split_parts * columns / 16 * tile_numbers), 0xffff);  // filled up, not left alone
    split_weights(a.data(), depth, rows, depth, weights.data());
    const int half = depth / 4 * 2;
    const auto row = [&](int k) { return b.data() + k * columns; };
    split_operand(row, depth, columns, operand.data(), half, depth);
    split_operand(row, depth, columns, operand.data(), 0, half);
  }
  template <class Tiles>
  aligned_vector<float> product(bool add) {
    aligned_vector<float> to = c;
    for (float& x : to) x = add ? 1.0f : std::numeric_limits<float>::quiet_NaN();
    const int blocks = (depth + tile_depth - 1) / tile_depth;
    const std::ptrdiff_t next = std::ptrdiff_t(blocks) * split_parts * tile_numbers;
    Tiles tiles;
    Tiles::begin();
    for (int r = 0; r < rows; r += 32) {
      split_strip s;
      s.count = 1;
      s.terms[0] = {weights.data() + r / 16 * next, next, operand.data(), columns / 16, 0, blocks};
      s.c = to.data() + r * columns;
      s.c_stride = columns;
      s.rows = std::min(32, rows - r);
      s.columns = columns;
      s.add = add;
      multiply(tiles, s, [] {});
    }
    Tiles::end();
    return to;
  }
  /// Root of the mean square of the error, of the products as they are and from parts.
  double error(const aligned_vector<float>& of, double start) const {
    double sum = 0;
    for (int r = 0; r < rows; r++)
      for (int n = 0; n < columns; n++) {
        double exact = start;
        for (int k = 0; k < depth; k++) exact += double(a[std::size_t(r * depth + k)]) * double(b[std::size_t(k * columns + n)]);
        sum += (double(of[std::size_t(r * columns + n)]) - exact) * (double(of[std::size_t(r * columns + n)]) - exact);
      }
    return std::sqrt(sum / (rows * columns));
  }
};

TEST_CASE("products from parts have no more error than fused multiply-adds", "[simd]") {
  for (const int depth : {16, 32, 50, 64, 128, 256})
    for (const int rows : {16, 24, 32, 40, 64, 77})
      for (const int columns : {16, 48, 80}) {
        problem p(rows, depth, columns);
        const gemm_arguments<float> g{p.a.data(), depth, 1, p.b.data(), columns, p.c.data(), columns, rows, depth, columns};
        gemm(g, gemm_start::zero);
        INFO(rows << " x " << depth << " x " << columns);
        CHECK(p.error(p.product<emulated_tiles>(false), 0) <= p.error(p.c, 0));
        CHECK(p.error(p.product<emulated_tiles>(true), 1) <= 2e-7 * std::sqrt(depth) + 1e-7);
      }
}

TEST_CASE("a strip starts from the biases of its rows in some columns, and pauses as often as it says", "[simd]") {
  for (const int rows : {16, 24, 32})
    for (const int groups : {1, 2, 3})
      for (const int biased : {0, 1, groups}) {
        problem p(rows, 50, 16 * groups);
        const aligned_vector<float> without = p.product<emulated_tiles>(false);
        aligned_vector<float> bias(512, 0), to(p.c.size());
        for (int r = 0; r < rows; r++) std::fill_n(bias.begin() + r * 16, 16, float(1 + r));
        split_strip s;
        s.count = 1;
        s.terms[0] = {p.weights.data(), 2 * split_parts * tile_numbers, p.operand.data(), groups, 0, 2};
        s.c = to.data();
        s.c_stride = p.columns;
        s.rows = rows;
        s.columns = p.columns;
        s.bias = bias.data();
        s.bias_groups = biased;
        int pauses = 0;
        emulated_tiles tiles;
        multiply(tiles, s, [&] { pauses++; });
        CHECK(pauses == s.pauses());
        CHECK(pauses == (groups + 1) / 2 * 2 * split_products);
        for (int r = 0; r < rows; r++)
          for (int n = 0; n < p.columns; n++) {
            const std::size_t at = std::size_t(r * p.columns + n);
            INFO(r << ", " << n << " of " << rows << " rows, " << biased << " groups with a bias");
            CHECK(std::abs(to[at] - (without[at] + (n < 16 * biased ? float(1 + r) : 0.0f))) <= 2e-5f);
          }
      }
}

TEST_CASE("the emulated instruction sums even and odd products apart and flushes denormal numbers", "[simd]") {
  emulated_tiles tiles;
  std::vector<std::uint16_t> a(tile_numbers, 0), b(tile_numbers, 0);
  const auto bf16 = [](float x) { return std::uint16_t(std::bit_cast<std::uint32_t>(x) >> 16); };
  // 2^24 + 1 + 1 in two orders: apart, the two ones are added to each other first
  const float big = 16777216.0f;
  a[0] = bf16(big), a[1] = bf16(1), a[3] = bf16(1);
  for (int pair = 0; pair < 2; pair++) b[std::size_t(pair * 32)] = b[std::size_t(pair * 32 + 1)] = bf16(1);
  // one row below: a product that is denormal, and a denormal factor
  a[32] = bf16(std::ldexp(1.0f, -100)), b[2] = bf16(std::ldexp(1.0f, -30));
  a[64] = 1, b[4] = bf16(1e30f);
  alignas(64) float c[256];
  tiles.zero<0>();
  tiles.load<4>(a.data());
  tiles.load<6>(b.data());
  tiles.multiply<0, 4, 6>();
  tiles.store<0>(c, 64);
  CHECK(c[0] == big + 2);
  CHECK(c[16 + 1] == 0);
  CHECK(c[32 + 2] == 0);
  volatile float small = std::ldexp(1.0f, -100), smaller = std::ldexp(1.0f, -30);
  CHECK(small * smaller != 0);  // the mode of the caller is left alone
}

TEST_CASE("the instructions of the tile registers compute what the emulation does", "[simd]") {
  const bool native = amx_is_there();
  dimwise_tests::trapped_tiles trap;
  if (!native && !trap.installed()) {
    WARN("this system has neither tile registers nor a handler for unknown instructions");
    return;
  }
  for (const int depth : {32, 50, 128})
    for (const int rows : {16, 40, 64})
      for (const int columns : {16, 48})
        for (const bool add : {false, true}) {
          problem p(rows, depth, columns);
          const aligned_vector<float> expected = p.product<emulated_tiles>(add), found = p.product<amx_tiles>(add);
          INFO(rows << " x " << depth << " x " << columns << (native ? ", native" : ", trapped"));
          CHECK(std::memcmp(expected.data(), found.data(), expected.size() * sizeof(float)) == 0);
        }
  if (!native) CHECK(trap.executed() > 1000);
}

#endif

}  // namespace
