// The viscosity of Burgers' equation from 2,000 noisy values of u: u_t + u u_x = nu u_xx with nu and u unknown.
#include <dimwise/run.hpp>

#include "examples/pde/inverse.hpp"

using namespace dimwise;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr auto net = network<"net">(mlp{16, 16, 16});

constexpr void burgers_inverse(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();
  auto measured = m.input<"u">();
  auto noise = m.constant<"noise">(0.01);  // standard deviation of the measurements

  auto nu = m.positive<"nu">(0.02);
  auto u = net(x, t);
  auto burgers = m.equation<"burgers">(dt(u) + u * D<1>(u) == nu * D<2>(u));
  m.output<"u">(u);
  m.output<"nu">(nu);

  auto data = m.samples<"data">();
  auto points = m.box<"points">(-1, 1, 0, 1);
  auto misfit = (u - measured) / noise;
  sample_weight less_where_steep{1 / (1 + 0.3 * absolute(D<1>(u)))};
  // The equation counts more from stage to stage: first a smooth fit of the data, in the end nothing but solutions.
  const auto fit = [&]<fixed_string Data, fixed_string Equation>(double w, int steps) {
    m.stage<Data>({.steps = steps, .batch = 2000, .how = method::levenberg_marquardt, .redraw = 10});
    m.least_squares<Data>(misfit, data);
    m.least_squares<Equation>(burgers.residual(), points, weight{w * w}, less_where_steep);
  };
  fit.template operator()<"data_1", "equation_1">(0.01, 60);
  fit.template operator()<"data_2", "equation_2">(0.1, 60);
  fit.template operator()<"data_3", "equation_3">(1, 80);
  fit.template operator()<"data_4", "equation_4">(10, 80);
  fit.template operator()<"data_5", "equation_5">(100, 80);
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<burgers_inverse>("burgers_inverse"), peaks_here());
  pde_example::add_identify_command(program, DIMWISE_EXAMPLE_FOLDER "/data/burgers", 2000, {{"nu", 0.01 / pi, 0.01}});
  return program.run(argc, argv);
}
