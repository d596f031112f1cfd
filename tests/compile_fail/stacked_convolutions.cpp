// tests/compile_fail/stacked_convolutions.cpp: a centre-masked convolution of another: the second would see x_i through its neighbours.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto first = conditioner<"first", 4>(convolution{1});
constexpr auto both = conditioner<"both", 4>(convolution{1, mlp{4, 4}});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 9>();
#ifdef TWIN
  auto r = both(tanh(x)) + first(x);
#else
  auto r = both(first(x));  // expect: operand of this conditioner already mixes coordinates
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
