// tests/compile_fail/width_mismatch.cpp: two feature widths that types know.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto c = m.input<"c", 3>();
  auto e = m.input<"e", 4>();
#ifdef TWIN
  auto r = sum_features(c * e.k.width * c) * x;
#else
  auto r = sum_features(c * e) * x;  // expect: operands have different feature widths
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
