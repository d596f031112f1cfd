// tests/compile_fail/carried_without_a_name.cpp: a quantity carried along an ODE that is not named by carry.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto f = drift(x, m.time<"t">());
#ifdef TWIN
  m.ode<"motion">(f, carry<"energy">(sum(sq(f))));
#else
  m.ode<"motion">(f, sum(sq(f)));  // expect: what is carried along is one number a sample
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
