// tests/compile_fail/relative_to_another_factor.cpp: the relative form of an equation that is not proportional to the factor.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto p = exp(sum(-1.0 * sq(x) * sq(t)));
  m.equation<"e">(dt(p) == t * p).relative_to(p);
#else
  auto p = exp(sum(-1.0 * sq(x) * sq(t)));
  m.equation<"e">(dt(p) == t * p * p).relative_to(p);  // expect late: the_equation_is_not_proportional_to_this_factor
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
