// tests/compile_fail/autoregressive_net_of_all.cpp: an autoregressive network of a value that sees coordinates after its own.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto made = autoregressive_net<"made">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = made(made(x, t), t);
#else
  auto r = made(x * sum(x), t);  // expect: operand of this conditioner already mixes coordinates
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
