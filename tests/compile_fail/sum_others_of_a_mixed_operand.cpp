// tests/compile_fail/sum_others_of_a_mixed_operand.cpp: a sum over the other dimensions of values that see x_i.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = drift(x) + sum_others(tanh(x));
#else
  auto r = sum_others(drift(x));  // expect: sum_others.* its own coordinate only
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
