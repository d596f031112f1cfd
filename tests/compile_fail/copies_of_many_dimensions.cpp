// tests/compile_fail/copies_of_many_dimensions.cpp: a dense derivative that would need a copy for each of many dimensions.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{16}, features{8}, mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 100>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
#ifdef TWIN
  auto r = jvp<2>(sum(f), 1.0);
#else
  auto r = laplacian(sum(f));  // expect late 24: a_dense_derivative_would_need_more_than_64_copies
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
