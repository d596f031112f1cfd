// tests/compile_fail/product_of_a_time_derivative.cpp: the Jacobian-vector product of a derivative by time.
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
  auto r = dt(f) + jvp(f, x);
#else
  auto r = jvp(dt(f), x);  // expect late 24: a_product_of_a_derivative_by_t_is_not_known
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
