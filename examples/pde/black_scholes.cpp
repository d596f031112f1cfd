// The Black-Scholes equation for a call: V_t = s^2 x^2 / 2 V_xx + r x V_x - r V in the time t left, V(x, 0) = max(x - 1, 0),
// against the formula.
#include <dimwise/run.hpp>

#include "examples/pde/known_solution.hpp"

using namespace dimwise;

namespace {

constexpr double s = 0.2, r = 0.05;
constexpr auto net = network<"net">(mlp{20, 20});

/// The standard normal distribution function.
constexpr auto normal_cdf(auto z) { return 0.5 * erfc(-0.70710678118654752440 * z); }

constexpr void black_scholes(model& m) {
  auto x = m.state<"x", 1>();  // the price of the share, in units of the strike
  auto t = m.time<"t">();      // years to maturity

  // Near the kink the price looks like that of a share whose noise does not depend on its price (Bachelier, 1900): the kink,
  // smoothed.
  auto width = sqrt(s * s * t + 0.0 * x);
  auto z = (x - 1.0) / width;
  auto smoothed = (x - 1.0) * normal_cdf(z) + 0.3989422804014327 * width * exp(-0.5 * sq(z));
  auto V = smoothed + t * net(x, sqrt(t), z / sqrt(1.0 + sq(z)));
  auto equation = m.equation<"black_scholes">(dt(V) == 0.5 * s * s * sq(x) * D<2>(V) + r * x * D<1>(V) - r * V);

  auto d1 = (log(x) + (r + 0.5 * s * s) * t) / width;
  m.output<"price">(V);
  m.output<"exact">(x * normal_cdf(d1) - exp(-r * t) * normal_cdf(d1 - width));
  m.stage<"solve">({.steps = 300, .batch = 2000, .how = method::levenberg_marquardt});
  m.least_squares<"residual">(equation.residual(), m.box<"points">(0.4, 2, 0.01, 1));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<black_scholes>("black_scholes"), peaks_here());
  pde_example::add_known_solution_command(program, "price", 1e-3);
  return program.run(argc, argv);
}
