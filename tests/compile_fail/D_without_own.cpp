// tests/compile_fail/D_without_own.cpp: the derivative of a value that does not see its own coordinate.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view3 = conditioner<"view3", 3>(masked_mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = D<1>(x * view3(x, t));
#else
  auto r = D<1>(view3(x, t));  // expect warning: does not depend on its own coordinate, so this is zero
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
