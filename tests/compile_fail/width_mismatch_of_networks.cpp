// tests/compile_fail/width_mismatch_of_networks.cpp: two networks of different feature widths.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view3 = conditioner<"view3", 3>(masked_mlp{16});
constexpr auto view4 = conditioner<"view4", 4>(masked_mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = sum_features(view3(x, t)) + sum_features(view4(x, t));
#else
  auto r = sum_features(view3(x, t) + view4(x, t));  // expect: operands have different feature widths
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
