// tests/unit/kernel/pointwise_steps.cpp: vectors of samples in a software pipeline, and those left beside them, against one
// vector at a time; and some vectors of two rows with their bf16 parts against whole rows.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <dimwise/kernel/pointwise_steps.hpp>
#include <dimwise/kernel/split_steps.hpp>
#include <dimwise/kernel/split_steps.hpp>
#include <vector>

#include "catch.hpp"
#include "dimwise/core/aligned.hpp"

using namespace dimwise;

namespace {

constexpr int width = 5;

/// Every number that F's step writes for rows `from` to `to` of all features, of which Set are computed in each.
template <function F, bool Slope, class Set, class T>
std::vector<T> rows_of(orders mask, int samples, int from, int to) {
  const int size = count(mask), used = width * size * samples;
  std::vector<T> memory(std::size_t(2 * used + width * samples), T(7));
  for (int i = 0; i < used; i++) memory[std::size_t(i)] = T(((i * 37) % 101) - 50) / 30;
  row_reference in[8];
  for (int k = 0; k < size; k++) in[k] = {k * samples, 0, size * samples};
  step<T> st;
  st.width = width;
  st.samples = samples;
  st.out_set = st.in_set[0] = mask;
  st.in[0] = in;
  st.out = {used, 0, size * samples};
  st.slope = {2 * used, 0, samples};
  call<T> c;
  c.workspace = memory.data();
  c.first_row = from;
  c.rows = to - from;
  steps::unary<T, F, Slope, Set, Set>(st, c);
  return memory;
}

template <class T, function F, bool Slope, orders Mask>
void compare() {
  for (const int packs : {1, 2, 3, 4, 6, 7})
    for (const auto& [from, to] : {std::pair{0, width}, std::pair{1, 2}, std::pair{2, 5}}) {
      const int samples = packs * simd::lanes<T>;
      const std::vector<T> got = rows_of<F, Slope, static_orders<Mask>, T>(Mask, samples, from, to),
                           want = rows_of<F, Slope, dynamic_orders, T>(Mask, samples, from, to);
      INFO("orders " << Mask << ", " << packs << " packs, rows " << from << " to " << to);
      bool same = true;
      for (std::size_t i = 0; i < got.size(); i++) same = same && std::abs(got[i] - want[i]) <= T(1e-5) * (1 + std::abs(want[i]));
      CHECK(same);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("functions of several vectors at once are those of each", "[kernel]", float, double) {
  compare<TestType, function::tanh, true, 1>();
  compare<TestType, function::tanh, true, 7>();
  compare<TestType, function::tanh, true, 15>();
  compare<TestType, function::tanh, true, 63>();
  compare<TestType, function::tanh, false, 1>();
  compare<TestType, function::tanh, false, 7>();
  compare<TestType, function::sigmoid, true, 7>();
  compare<TestType, function::sigmoid, false, 1>();
  compare<TestType, function::exp, false, 1>();
  compare<TestType, function::exp, false, 31>();
}

#if defined(DIMWISE_SIMD_SPLIT)
namespace {

/// The result of F's step for a third of `features` rows, and the parts of its coefficients from `skipped` on, in whole rows or
/// some vectors of two rows at a time.
template <function F, orders Mask>
aligned_vector<float> with_parts(int packs, int skipped, bool by_vectors) {
  constexpr int third = simd::tile_depth, features = 3 * third, size = count(Mask);
  const int samples = packs * simd::lanes<float>, used = features * size * samples;
  const int groups = (size - skipped) * packs, of_parts = features / 2 * simd::split_parts * groups * simd::tile_lines;
  aligned_vector<float> memory(std::size_t(2 * used + of_parts), 0);
  for (int i = 0; i < used; i++) memory[std::size_t(i)] = float(((i * 37) % 101) - 50) / 30;
  row_reference in[8];
  for (int k = 0; k < size; k++) in[k] = {k * samples, 0, size * samples};
  matrix_product operand;
  operand.b = used + skipped * samples;
  operand.b_row = size * samples;
  operand.depth = features;
  operand.columns = groups * simd::tile_lines;
  step<float> splits, st;
  splits.samples = st.samples = samples;
  splits.width = st.width = features;
  splits.out.base = 2 * used;
  splits.products = &operand;
  st.out_set = st.in_set[0] = Mask;
  st.in[0] = in;
  st.out = {used, 0, size * samples};
  st.follower = &splits;
  call<float> c;
  c.workspace = memory.data();
  splits.run = steps::split_operand;
  st.run = steps::unary<float, F, false, static_orders<Mask>, static_orders<Mask>>;
  st.by_vectors = by_vectors;
  step<float> products;
  products.follower = &st;
  steps::pending_rows rows(c);
  rows.begin(products, c, third, third);
  rows.finish();
  return memory;
}

template <function F, orders Mask>
void compare_parts() {
  for (const int packs : {1, 2, 3, 4, 5, 6, 7, 8, 9})
    for (int skipped = 0; skipped < count(Mask); skipped++) {
      const aligned_vector<float> whole = with_parts<F, Mask>(packs, skipped, false),
                                  some = with_parts<F, Mask>(packs, skipped, true);
      INFO("function " << int(F) << ", orders " << Mask << ", " << packs << " packs, " << skipped << " coefficients not split");
      CHECK(std::memcmp(whole.data(), some.data(), whole.size() * sizeof(float)) == 0);
      const std::ptrdiff_t parts =
          std::ptrdiff_t(count(Mask) - skipped) * packs * simd::split_parts * simd::tile_lines * (simd::tile_depth / 2);
      CHECK(std::count_if(some.end() - 2 * parts, some.end() - parts, [](float x) { return std::bit_cast<int>(x) != 0; }) >
            parts / 2);
    }
}

}  // namespace

TEST_CASE("some vectors of two rows have the digits and the parts of whole rows", "[kernel]") {
  compare_parts<function::tanh, 1>();
  compare_parts<function::tanh, 7>();
  compare_parts<function::sigmoid, 3>();
  compare_parts<function::exp, 31>();
  compare_parts<function::sin, 7>();
  compare_parts<function::softplus, 5>();
}
#endif
