// tests/compile_fail/derivative_at_a_moving_point.cpp: a derivative by the state taken where the state is replaced by something that moves with it.
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
  auto r = -D<1>(at(f, x == -x));
#else
  auto r = at(D<1>(f), x == -x);  // expect late 24: a_derivative_by_x_is_replaced_at_constants_or_shifts_only
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
