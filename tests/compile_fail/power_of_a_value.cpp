// tests/compile_fail/power_of_a_value.cpp: pow with a value as exponent.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = pow(sq(x) + 1.0, 1.5) * t;
#else
  auto r = pow(sq(x) + 1.0, t);  // expect: pow.a, b. takes a number as exponent
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
