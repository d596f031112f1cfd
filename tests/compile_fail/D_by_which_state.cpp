// tests/compile_fail/D_by_which_state.cpp: a derivative in a model with two states that does not say by which.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = D<1>(drift(x, m.state<"v", 4>()), x);
#else
  auto r = D<1>(drift(x, m.state<"v", 4>()));  // expect late 24: say_by_which_state
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
