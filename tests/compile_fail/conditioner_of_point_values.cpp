// tests/compile_fail/conditioner_of_point_values.cpp: a conditioner without a value for each dimension.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view3 = conditioner<"view3", 3>(masked_mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = x * view3(x, t);
#else
  auto r = x * view3(t);  // expect: a conditioner needs a value for each dimension
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
