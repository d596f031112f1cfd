// tests/compile_fail/masked_left_of_what_comes_after.cpp: a left stream of values that see coordinates after.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = readout<"h", 2>(masked_left<"l", 8>(x, t), masked_right<"r", 8>(x, t));
#else
  auto after = readout<"g", 1>(masked_left<"l", 8>(x, t), masked_right<"r", 8>(x, t));
  auto r = masked_left<"l2", 8>(after, t);  // expect: masked_left takes a value that depends on coordinates before
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
