// tests/compile_fail/name_with_two_shapes.cpp: one name for two networks of different shape.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});
constexpr auto wide_drift = hollow_net<"drift">(masked_mlp{32}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = drift(x, t) + drift(2.0 * x, t) * wide_drift.hidden.count;
#else
  auto r = drift(x, t) + wide_drift(x, t);  // expect late: this_name_already_has_another_shape
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
