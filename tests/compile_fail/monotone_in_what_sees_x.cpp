// tests/compile_fail/monotone_in_what_sees_x.cpp: a monotone transformer whose features see x_i.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto view = conditioner<"view", 3>(masked_mlp{16});
constexpr auto tau = monotone<"tau">(sigmoids{8});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  auto r = tau(x, view(x, t), t);
#else
  auto r = tau(x, x * view(x, t), t);  // expect: none of which sees x_i, or it would not increase with x_i
#endif
  m.output<"r">(r);
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
