// tests/compile_fail/grid_in_many_dimensions.cpp: a tensor grid has points^d points.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 8>();
#ifdef TWIN
  m.minimize<"size">(sum(sq(x - m.parameter<"a">(0.0))), m.sobol<"points">(0, 1));
#else
  m.minimize<"size">(sum(sq(x - m.parameter<"a">(0.0))), m.grid<"points">(0, 1, 10));  // expect late: a_grid_has_at_most_a_million_points
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
