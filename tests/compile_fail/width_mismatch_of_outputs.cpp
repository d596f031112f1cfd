// tests/compile_fail/width_mismatch_of_outputs.cpp: two feature widths that only the recording knows.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = sum_features(network<"a">(mlp{4}, outputs{3})(t) * network<"b">(mlp{4}, outputs{3})(t));
#else
  auto r = sum_features(network<"a">(mlp{4}, outputs{3})(t) * network<"b">(mlp{4}, outputs{4})(t));  // expect late: the_operands_have_different_feature_widths
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
