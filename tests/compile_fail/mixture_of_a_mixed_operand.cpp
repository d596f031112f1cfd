// tests/compile_fail/mixture_of_a_mixed_operand.cpp: a density of values that see other coordinates.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});
constexpr auto density = gaussian_mixture<"density">(mixture_components{3});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = density(x, t) * drift(x, t);
#else
  auto r = density(drift(x, t), t);  // expect: a gaussian_mixture is called with the state
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
