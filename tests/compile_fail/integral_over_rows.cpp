// tests/compile_fail/integral_over_rows.cpp: rows of a file cover no volume.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 8>();
#ifdef TWIN
  m.integral<"mass">(exp(-sum(sq(x))), m.box<"space">(-4, 4));
#else
  m.integral<"mass">(exp(-sum(sq(x))), m.samples<"data">());  // expect late: an_integral_needs_a_set_that_covers_a_box_or_a_density
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
