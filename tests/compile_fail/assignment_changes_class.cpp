// tests/compile_fail/assignment_changes_class.cpp: a variable assigned a value that depends on more.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  value r = 0.0 * t;
  r = r + x;
#else
  auto r = 0.0 * t;
  r = r + x;  // expect: this assignment changes what the variable depends on
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
