// tests/compile_fail/gradient_of_a_value_for_each_dimension.cpp: the gradient of a value that is not one number a sample.
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
  auto r = D<1>(f);
#else
  auto r = grad(f);  // expect: u must be one number a sample
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
