// tests/compile_fail/relative_without_a_factor.cpp: the relative form of an equation that has none.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = m.equation<"e">(dt(x) == drift(x, t)).residual();
#else
  auto r = m.equation<"e">(dt(x) == drift(x, t)).relative();  // expect late: this_equation_has_no_relative_form_call_relative_to
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
