// tests/compile_fail/attention_with_a_query_of_x.cpp: attention whose query sees its own coordinate.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;



namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 9>();
#ifdef TWIN
  auto r = attention_to_others(m.parameter_per_dim<"q", 4>(normal{1}), linear<"k", 4>(x), linear<"v", 4>(x));
#else
  auto r = attention_to_others(linear<"q", 4>(x), linear<"k", 4>(x), linear<"v", 4>(x));  // expect: the query must not depend on the state
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
