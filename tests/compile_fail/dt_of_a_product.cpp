// tests/compile_fail/dt_of_a_product.cpp: the derivative by time of a Jacobian-vector product.
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
  auto r = jvp(f, x);
#else
  auto r = dt(jvp(f, x));  // expect late 24: dt_of_a_product_is_not_known
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
