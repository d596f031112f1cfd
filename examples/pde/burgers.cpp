// Burgers' equation u_t + u u_x = (0.01 / pi) u_xx on [-1, 1], u(x, 0) = -sin(pi x), u(-1, t) = u(1, t) = 0: a shock forms at x =
// 0.
#include <dimwise/run.hpp>

#include "examples/pde/reference.hpp"

using namespace dimwise;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr auto net = network<"net">(mlp{20, 20, 20});

constexpr void burgers(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();

  // Initial and boundary values hold by construction; u is odd in x, so half of the domain is enough.
  auto u = -sin(pi * x) + t * (1 - sq(x)) * (net(x, t) - net(-x, t));
  auto burgers = m.equation<"burgers">(dt(u) + u * D<1>(u) == 0.01 / pi * D<2>(u));
  m.output<"u">(u);

  m.stage<"solve">({.steps = 1200, .batch = 3000, .how = method::levenberg_marquardt, .redraw = 20, .candidates = 6});
  // Less weight where u is steep, or the shock hides the rest.
  m.least_squares<"residual">(burgers.residual(), m.box<"points">(0, 1, 0, 1), sample_weight{1 / (1 + 0.3 * absolute(D<1>(u)))});
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<burgers>("burgers"), peaks_here());
  pde_example::add_solve_command(program, DIMWISE_EXAMPLE_FOLDER "/data/burgers", 1e-5);
  return program.run(argc, argv);
}
