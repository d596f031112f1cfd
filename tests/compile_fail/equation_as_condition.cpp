// tests/compile_fail/equation_as_condition.cpp: == used as a comparison.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = drift(x, t);
  if (m.d == 4) r = drift(x, t);
#else
  auto r = drift(x, t);
  if (r == x) r = drift(x, t);  // expect: == does not compare
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
