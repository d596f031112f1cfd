// tests/compile_fail/name_of_two_outputs.cpp: one name for two outputs.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.output<"r">(x);
  m.output<"s">(drift(x, t));
#else
  m.output<"r">(x);
  m.output<"r">(drift(x, t));  // expect late: this_name_is_already_taken
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
