// tests/compile_fail/D_of_a_plain_network.cpp: the derivative of a network that mixes all coordinates.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto plain = network<"plain">(mlp{16});

namespace {
constexpr void program(model& m) {
#ifndef TWIN
  auto x = m.state<"x", 4>();
#endif
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = D<1>(plain(m.state<"x", 1>(), t));
#else
  auto r = D<1>(plain(x, t));  // expect: a_network_mixed_all_coordinates.*v is dense
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
