// tests/compile_fail/D_of_a_flow.cpp: the derivative of the log density of an autoregressive flow.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto p = autoregressive_flow<"p">(masked_mlp{16}, features{8}, affine{});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = D<1>(p.terms(x, t));
#else
  auto r = D<1>(p(x, t));  // expect: D<k>.v.: v is dense
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
