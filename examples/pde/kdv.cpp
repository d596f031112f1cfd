// The Korteweg-de Vries equation u_t + u u_x + 0.0025 u_xxx = 0, periodic on [-1, 1], u(x, 0) = cos(pi x): waves steepen into
// solitons.
#include <dimwise/run.hpp>

#include <utility>

#include "examples/pde/reference.hpp"

using namespace dimwise;

namespace {

constexpr double pi = 3.14159265358979323846;

/// One window of time: u = before + s N, s from 0 to 1. Returns u, and u at the window's end, from which the next one starts.
template <fixed_string Name>
constexpr auto window(model& m, auto x, auto t, auto before, double from, double until) {
  constexpr auto net = network<Name>(mlp{22, 22, 22});
  auto u = before + (t - from) / (until - from) * net(cos(pi * x), sin(pi * x), t);
  m.stage<Name>({.steps = 300, .batch = 3000, .how = method::levenberg_marquardt, .redraw = 20, .candidates = 5});
  m.least_squares<Name>(dt(u) + u * D<1>(u) + 0.0025 * D<3>(u), m.box<Name>(-1, 1, from, until));
  return std::pair{u, frozen(before + net(cos(pi * x), sin(pi * x), until))};
}

constexpr void kdv(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();
  auto [u1, at1] = window<"window_1">(m, x, t, cos(pi * x), 0.0, 0.25);
  auto [u2, at2] = window<"window_2">(m, x, t, at1, 0.25, 0.5);
  auto [u3, at3] = window<"window_3">(m, x, t, at2, 0.5, 0.75);
  auto [u4, at4] = window<"window_4">(m, x, t, at3, 0.75, 1.0);
  m.output<"u">(where(t <= 0.25, u1, where(t <= 0.5, u2, where(t <= 0.75, u3, u4))));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<kdv>("kdv"), peaks_here());
  pde_example::add_solve_command(program, DIMWISE_EXAMPLE_FOLDER "/data/kdv", 3e-4);
  return program.run(argc, argv);
}
