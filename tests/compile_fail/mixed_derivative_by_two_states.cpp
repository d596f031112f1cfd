// tests/compile_fail/mixed_derivative_by_two_states.cpp: D by one state of what is already differentiated by another.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = jvp(D<1>(sq(x) * m.state<"v", 4>(), m.state<"v", 4>()), 1.0, x);
#else
  auto r = D<1>(D<1>(sq(x) * m.state<"v", 4>(), m.state<"v", 4>()), x);  // expect late 24: D_by_one_state_of_a_D_by_another
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
