// tests/compile_fail/objective_for_each_dimension.cpp: an objective that is not one number a sample.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.minimize<"e">(sum(sq(drift(x, t))), m.samples<"data">());
#else
  m.minimize<"e">(sq(drift(x, t)), m.samples<"data">());  // expect: an objective must be one number a sample
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
