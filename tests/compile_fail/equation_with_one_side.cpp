// tests/compile_fail/equation_with_one_side.cpp: m.equation of a value.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.equation<"e">(drift(x, t) == 0.0);
#else
  m.equation<"e">(drift(x, t));  // expect: takes an equation, written with ==
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
