// tests/compile_fail/compound_assignment_changes_class.cpp: += of a value that depends on more.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  value r = x;
  r += drift(x, t);
#else
  auto r = x;
  r += drift(x, t);  // expect: this assignment changes what the variable depends on
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
