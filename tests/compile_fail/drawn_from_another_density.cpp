// tests/compile_fail/drawn_from_another_density.cpp: samples drawn from what is not a mixture of the model.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto density = gaussian_mixture<"density">(mixture_components{3});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
#ifdef TWIN
  m.minimize<"e">(sum(x * t), m.drawn<"points">(density(x, t), 0, 1));
#else
  m.minimize<"e">(density(x, t), m.drawn<"points">(2.0 * density(x, t), 0, 1));  // expect late: this_is_not_the_log_density_of_a_mixture_of_this_model
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
