// The Allen-Cahn equation u_t = 0.0001 u_xx + 5 u - 5 u^3, periodic on [-1, 1], u(x, 0) = x^2 cos(pi x): sharp layers between -1
// and 1.
#include <dimwise/run.hpp>

#include <utility>

#include "examples/pde/reference.hpp"

using namespace dimwise;

namespace {

constexpr double pi = 3.14159265358979323846;

/// One window of time: u = before + s N, s from 0 to 1; N is even and periodic in x. Returns u, and what the next window starts
/// from.
template <fixed_string Name>
constexpr auto window(model& m, auto x, auto t, auto before, auto start, double from, double until, int steps) {
  constexpr auto net = network<Name>(mlp{22, 22, 22});
  auto u = before + (t - from) / (until - from) * net(cos(pi * x), t);
  m.stage<Name>({.steps = steps, .batch = 3000, .how = method::levenberg_marquardt, .redraw = 20, .candidates = 5});
  m.least_squares<Name>(dt(u) - 0.0001 * D<2>(u) - 5.0 * u + 5.0 * u * sq(u), m.box<Name>(0, 1, from, until));
  return std::pair{u, frozen(start + net(cos(pi * x), until))};
}

/// The initial value with its corner at x = 1, where its periodic continuation has a kink, smoothed by diffusion for a time t.
constexpr auto smoothed(auto x, auto t) {
  auto width = sqrt(0.0 * x + (4e-4 * t + 1e-12));
  auto z = (1.0 - abs(x)) / width;
  return sq(x) * cos(pi * x) + 2.0 * width * (exp(-sq(z)) / 1.7724538509055160273 - z * erfc(z));
}

constexpr void allen_cahn(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();
  auto [u1, at1] = window<"window_1">(m, x, t, smoothed(x, t), smoothed(x, 0.25), 0.0, 0.25, 600);
  auto [u2, at2] = window<"window_2">(m, x, t, at1, at1, 0.25, 0.5, 500);
  auto [u3, at3] = window<"window_3">(m, x, t, at2, at2, 0.5, 0.75, 400);
  auto [u4, at4] = window<"window_4">(m, x, t, at3, at3, 0.75, 1.0, 400);
  m.output<"u">(where(t <= 0.25, u1, where(t <= 0.5, u2, where(t <= 0.75, u3, u4))));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<allen_cahn>("allen_cahn"), peaks_here());
  pde_example::add_solve_command(program, DIMWISE_EXAMPLE_FOLDER "/data/allen_cahn", 1.5e-4);
  return program.run(argc, argv);
}
