// tests/unit/kernel/pointwise_steps.cpp: vectors of samples in a software pipeline, and those left beside them, against one
// vector at a time.
#include <cmath>
#include <dimwise/kernel/pointwise_steps.hpp>
#include <vector>

#include "catch.hpp"

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
