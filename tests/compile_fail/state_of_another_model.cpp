// tests/compile_fail/state_of_another_model.cpp: values of two models in one expression.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = drift(x, t) * x;
#else
  model other;  // expect: a model function is given its model
  auto r = drift(x, t) * other.state<"x", 4>();
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
