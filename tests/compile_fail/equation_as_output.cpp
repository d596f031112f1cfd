// tests/compile_fail/equation_as_output.cpp: an equation given to m.output.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.output<"r">(m.equation<"e">(drift(x, t) == x).residual());
#else
  m.output<"r">(drift(x, t) == x);  // expect: is an equation, not a value
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
