// tests/compile_fail/sum_before_of_what_comes_after.cpp: sums over the dimensions before of values that see those after.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = sum_before(x * sum_before(x)) + sum_after(x * sum_after(x));
#else
  auto r = sum_before(x * sum_after(x));  // expect: sum_before.* sees the coordinates before and its own only
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
