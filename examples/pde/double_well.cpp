// The stationary Fokker-Planck equation of dx = (x - x^3) dt + s dW, whose density is proportional to exp((x^2 - x^4 / 2) / s^2).
#include <dimwise/run.hpp>

#include "examples/pde/known_solution.hpp"

using namespace dimwise;

namespace {

constexpr double s = 0.7;
constexpr auto net = network<"net">(mlp{16, 16});

constexpr void double_well(model& m) {
  auto x = m.state<"x", 1>();
  auto l = sum(net(sq(x)) - net(0.0 * x));  // even, so that no probability flows; log p(x) - log p(0)
  auto p = exp(l);
  auto fokker_planck = m.equation<"fokker_planck">(-D<1>((x - x * sq(x)) * p) + 0.5 * s * s * D<2>(p) == 0);
  fokker_planck.relative_to(p);
  m.output<"log_density">(l);
  m.output<"exact">(sum(sq(x) - 0.5 * sq(sq(x))) / (s * s));
  m.stage<"solve">({.steps = 200, .batch = 2000, .how = method::levenberg_marquardt});
  m.least_squares<"residual">(fokker_planck.relative(), m.box<"points">(-1.6, 1.6));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<double_well>("double_well"), peaks_here());
  pde_example::add_known_solution_command(program, "log_density", 1e-4);
  return program.run(argc, argv);
}
