// tests/compile_fail/component_of_a_point_value.cpp: component j of a value that has none.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 2>();
  [[maybe_unused]] auto t = m.time<"t">();
#ifdef TWIN
  auto r = x + x[0];
#else
  auto r = x + t[0];  // expect: v.j. is component j of a value for each dimension
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
