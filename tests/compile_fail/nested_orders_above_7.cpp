// tests/compile_fail/nested_orders_above_7.cpp: kernels carry Taylor coefficients up to order 7.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  auto r = D<4>(x * D<3>(sin(x)));
#else
  auto r = D<4>(x * D<4>(sin(x)));  // expect late: the_orders_of_nested_derivatives_add_up_to_more_than_7
#endif
  m.output<"r">(r);
}
[[maybe_unused]] constexpr table recorded = recording<program>::view;
