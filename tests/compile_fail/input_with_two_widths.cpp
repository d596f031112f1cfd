// tests/compile_fail/input_with_two_widths.cpp: one input asked for with two widths.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

namespace {
constexpr void program(model& m) {
#ifdef TWIN
  auto r = m.input<"c", 3>() + m.input<"c", 3>();
#else
  auto r = m.input<"c", 3>();
  r = r + m.input<"c", 1>();  // expect late: this_input_already_has_another_width
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
