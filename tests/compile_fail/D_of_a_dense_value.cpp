// tests/compile_fail/D_of_a_dense_value.cpp: the derivative of a sum of values that see other coordinates.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = sum(sq(D<1>(drift(x, t))));
#else
  auto r = sum(sq(D<1>(sum(drift(x, t)))));  // expect: it_sums_values_that_see_other_coordinates.*v is dense
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
