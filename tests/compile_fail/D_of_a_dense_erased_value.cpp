// tests/compile_fail/D_of_a_dense_erased_value.cpp: the derivative of a dense value whose class only the recording knows.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  value s = x;
  s = s + drift(x, t);
  auto r = D<1>(s);
#else
  value s = x;
  s = sum(s + drift(x, t));
  auto r = D<1>(s);  // expect late: D_of_a_dense_value
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
