// tests/compile_fail/conditioner_of_a_sum_in_one_dimension.cpp: with one coordinate, too, a point-level value of the state is seen through the
// context of a conditioner.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});

constexpr void program(model& m) {
  auto x = m.state<"x", 1>();
#ifdef TWIN
  auto r = drift(x, m.time<"t">());
#else
  auto r = drift(x, sum(sq(x)));  // expect: an operand of this conditioner already mixes coordinates
#endif
  m.output<"r">(D<1>(r));
}
[[maybe_unused]] constexpr table recorded = recording<program>::view;
