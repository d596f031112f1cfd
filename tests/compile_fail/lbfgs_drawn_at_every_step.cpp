// tests/compile_fail/lbfgs_drawn_at_every_step.cpp: L-BFGS needs the same samples for many steps.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 1>();
#ifdef TWIN
  m.stage<"fit">({.how = method::lbfgs, .redraw = 100});
#else
  m.stage<"fit">({.how = method::lbfgs, .redraw = 1});  // expect late: lbfgs_needs_the_same_samples_for_many_steps
#endif
  m.minimize<"size">(sum(sq(x - m.parameter<"a">(0.0))), m.box<"points">(0, 1));
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
