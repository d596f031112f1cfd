// tests/compile_fail/equation_as_objective.cpp: an equation given to m.minimize.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.minimize<"e">(sum(sq(drift(x, t) - x)), m.samples<"data">());
#else
  m.minimize<"e">(sum(drift(x, t)) == 0.0, m.samples<"data">());  // expect: is an equation, not a value
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
