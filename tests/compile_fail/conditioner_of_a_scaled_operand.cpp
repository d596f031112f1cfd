// tests/compile_fail/conditioner_of_a_scaled_operand.cpp: an operand of a conditioner that carries a sum over dimensions.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view3 = conditioner<"view3", 3>(masked_mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = view3(0.5 * x, t);
#else
  auto r = view3(x * sum(x), t);  // expect: operand of this conditioner already mixes coordinates
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
