// tests/compile_fail/shift_of_a_shift_back.cpp: a shift of a value that sees the neighbours, x_i among them once it is shifted.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = shift<2>(x) - 2.0 * x;
#else
  auto r = shift<1>(shift<1>(x, periodic) - x);  // expect: shift<n>.* must be a value for each dimension that sees its own coordinate only
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
