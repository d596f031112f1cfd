// tests/compile_fail/width_mismatch_of_networks.cpp: two feature widths that only the recording knows.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view3 = conditioner<"view3">(masked_mlp{16}, features{3});
constexpr auto view4 = conditioner<"view4">(masked_mlp{16}, features{4});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = sum_features(view3(x, t)) + sum_features(view4(x, t));
#else
  auto r = sum_features(view3(x, t) + view4(x, t));  // expect late: the_operands_have_different_feature_widths
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
