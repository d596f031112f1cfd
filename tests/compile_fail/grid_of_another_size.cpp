// tests/compile_fail/grid_of_another_size.cpp: a lattice with another number of places than dimensions.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = shift<1, 0>(x, grid{2, 2});
#else
  auto r = shift<1, 0>(x, grid{2, 3});  // expect late: the_grid_has_another_number_of_places
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
