// tests/compile_fail/components_of_values_for_each_dimension.cpp: a system of values for each dimension.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 2>();
  [[maybe_unused]] auto t = m.time<"t">();
#ifdef TWIN
  auto r = components(x[1], -x[0]);
#else
  auto r = components(x[1], -x);  // expect: components.* takes one number per sample for each dimension
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
