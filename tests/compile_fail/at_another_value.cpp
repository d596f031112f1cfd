// tests/compile_fail/at_another_value.cpp: something other than the state or the time is replaced.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
#ifdef TWIN
  auto r = at(f, x == 0.549306144334054845698);
#else
  auto r = at(f, tanh(x) == 0.5);  // expect late 24: only_the_state_or_the_time_can_be_replaced
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
