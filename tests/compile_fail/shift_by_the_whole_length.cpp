// tests/compile_fail/shift_by_the_whole_length.cpp: a periodic shift that brings every component to itself.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = shift<3>(x, periodic);
#else
  auto r = shift<4>(x, periodic);  // expect late: this_periodic_shift_brings_every_component_to_itself
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
