// The Fokker-Planck equation of an Ornstein-Uhlenbeck process in d dimensions, whose solution is known: dx_i = a_i (b_i - x_i) dt
// + s_i dW_i, from a standard normal. The network knows the equation and the initial density, not that the density stays
// Gaussian. DIMWISE_D: 8 or 32.
#include <dimwise/run.hpp>

#include "examples/pde/known_solution.hpp"

using namespace dimwise;

namespace {

constexpr double log_root_two_pi = 0.91893853320467274;

/// log of the normal density.
constexpr auto log_normal(auto x, auto mean, auto variance) {
  return -0.5 * sq(x - mean) / variance - 0.5 * log(variance) - log_root_two_pi;
}

template <int d>
constexpr void ornstein_uhlenbeck(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  // Every dimension has numbers of its own, drawn from the seed and then kept.
  auto a = exp(0.3 * m.parameter_per_dim<"rate">(normal{1.0}, untrained{}));
  auto b = m.parameter_per_dim<"centre">(normal{0.7}, untrained{});
  auto s = exp(0.3 * m.parameter_per_dim<"noise">(normal{1.0}, untrained{}));

  // log p = log p_0 + t sum_i phi(x_i, t, numbers learned for dimension i)
  auto code = m.parameter_per_dim<"code", 4>(normal{1.0});
  auto h = tanh(linear<"phi.0", 24>(concat(x, t, code)));
  auto phi = linear<"phi.2", 1>(tanh(linear<"phi.1", 24>(h)));
  auto l = sum(log_normal(x, 0.0, 1.0) + t * phi);
  auto p = exp(l);
  auto fokker_planck = m.equation<"fokker_planck">(dt(p) == -sum(D<1>(a * (b - x) * p)) + 0.5 * sum(D<2>(sq(s) * p)));
  fokker_planck.relative_to(p);

  auto fade = exp(-a * t);
  auto variance = sq(fade) + sq(s) / (2.0 * a) * (1.0 - sq(fade));
  m.output<"log_density">(l);
  m.output<"exact">(sum(log_normal(x, b * (1.0 - fade), variance)));
  m.output<"exact_mean">(b * (1.0 - fade));
  m.output<"exact_deviation">(sqrt(variance));

  // Samples where the solution is: from a wide normal density.
  auto none = m.parameter<"proposal">(0.0, untrained{});
  auto wide = gaussian_mixture<"proposal">(x, none, m.parameter_per_dim<"proposal_mean">(0.0, untrained{}),
                                           m.parameter_per_dim<"proposal_deviation">(0.3, untrained{}));
  m.stage<"solve">({.steps = 120, .batch = 4000, .how = method::levenberg_marquardt});
  m.least_squares<"residual">(fokker_planck.relative(), m.drawn<"points">(wide, 0, 1));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<ornstein_uhlenbeck<DIMWISE_D>>("ornstein_uhlenbeck"), peaks_here());
  pde_example::add_known_solution_command(program, "log_density", 1e-2);
  return program.run(argc, argv);
}
