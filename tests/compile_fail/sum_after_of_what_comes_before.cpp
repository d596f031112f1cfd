// tests/compile_fail/sum_after_of_what_comes_before.cpp: sums over the dimensions after of values that see those before.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = sum_before(x * sum_before(x)) + sum_after(x * sum_after(x));
#else
  auto r = sum_after(x * sum_before(x));  // expect: sum_after.* sees its own coordinate and those after only
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
