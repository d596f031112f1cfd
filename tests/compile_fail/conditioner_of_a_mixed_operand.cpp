// tests/compile_fail/conditioner_of_a_mixed_operand.cpp: an operand of a HollowNet that already sees other coordinates.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = drift(x, tanh(x), t);
#else
  auto r = drift(x * drift(x, t), t);  // expect: operand of this conditioner already mixes coordinates
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
