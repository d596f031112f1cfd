// tests/compile_fail/unused_equation.cpp: an equation that is never given to m.equation.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.equation<"e">(drift(x, t) == x);
#else
  drift(x, t) == x;  // expect late 24: an_equation_was_written_but_not_given_to_m_equation
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
