// tests/compile_fail/integral_for_each_dimension.cpp: an integral is of one number a sample.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 8>();
#ifdef TWIN
  m.integral<"mass">(sum(exp(-sq(x))), m.box<"space">(-4, 4));
#else
  m.integral<"mass">(exp(-sq(x)), m.box<"space">(-4, 4));  // expect: an integral is of one number a sample
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
