// tests/compile_fail/at_a_mixed_point.cpp: the state is replaced by a value that mixes coordinates.
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
  auto r = at(f, x == 2.0 * x);
#else
  auto r = at(f, x == x * sum(x));  // expect: e depends on nothing or on its own coordinate
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
