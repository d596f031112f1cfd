// tests/compile_fail/absolute_value.cpp: abs, which has no derivative at 0.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = absolute(x * t);
#else
  auto r = abs(x * t);  // expect: abs has no derivative at 0
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
