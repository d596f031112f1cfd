// tests/compile_fail/draws_of_a_grid.cpp: a grid gives all its points at every step.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 8>();
#ifdef TWIN
  auto points = m.sobol<"points">(0, 1).draws(64);
#else
  auto points = m.grid<"points">(0, 1, 2).draws(64);  // expect late: a_grid_gives_all_its_points_at_every_step
#endif
  m.minimize<"size">(sum(sq(x - m.parameter<"a">(0.0))), points);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
