// tests/compile_fail/states_of_unequal_dimensions.cpp: two states with different numbers of coordinates.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = x * m.state<"v", 4>();
#else
  auto r = x * m.state<"v", 3>();  // expect late 24: the_states_of_a_model_have_equal_numbers_of_dimensions
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
