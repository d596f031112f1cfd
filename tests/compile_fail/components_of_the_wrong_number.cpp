// tests/compile_fail/components_of_the_wrong_number.cpp: a system with fewer equations than dimensions.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 3>();
#ifdef TWIN
  auto r = components(x[1], -x[0], x[2]);
#else
  auto r = components(x[1], -x[0]);  // expect late: components_needs_one_value_for_each_dimension
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
