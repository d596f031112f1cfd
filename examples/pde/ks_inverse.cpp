// The coefficients of the Kuramoto-Sivashinsky equation from 10,000 noisy values of u: u_t + a u u_x + b u_xx + c u_xxxx = 0,
// periodic on [-1, 1].
#include <dimwise/run.hpp>

#include "examples/pde/inverse.hpp"

using namespace dimwise;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr auto net = network<"net">(mlp{24, 24, 24});

constexpr void ks_inverse(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();
  auto measured = m.input<"u">();
  auto noise = m.constant<"noise">(0.01);  // standard deviation of the measurements

  auto a = m.parameter<"a">(0.0);
  auto b = m.parameter<"b">(0.0);
  auto c = m.parameter<"c">(0.0);
  auto u = net(cos(pi * x), sin(pi * x), cos(2 * pi * x), sin(2 * pi * x), t);
  auto ks = m.equation<"kuramoto_sivashinsky">(dt(u) + a * u * D<1>(u) + b * D<2>(u) + c * D<4>(u) == 0);
  m.output<"u">(u);
  m.output<"a">(a);
  m.output<"b">(b);
  m.output<"c">(c);

  auto data = m.samples<"data">();
  auto points = m.box<"points">(-1, 1, 0, 1).draws(3000);
  auto misfit = (u - measured) / noise;
  const auto fit = [&]<fixed_string Data, fixed_string Equation>(double w, int steps) {
    m.stage<Data>({.steps = steps, .batch = 10000, .how = method::levenberg_marquardt, .redraw = 20});
    m.least_squares<Data>(misfit, data);
    m.least_squares<Equation>(ks.residual(), points, weight{w * w});
  };
  fit.template operator()<"data_1", "equation_1">(0.01, 25);
  fit.template operator()<"data_2", "equation_2">(0.3, 50);
  fit.template operator()<"data_3", "equation_3">(3, 40);
  fit.template operator()<"data_4", "equation_4">(30, 120);
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<ks_inverse>("ks_inverse"), peaks_here());
  pde_example::add_identify_command(
      program, DIMWISE_EXAMPLE_FOLDER "/data/ks", 10000,
      {{"a", 5 / pi, 1e-3}, {"b", 5 / (3 * pi * pi), 1e-3}, {"c", 5 / (27 * pi * pi * pi * pi), 1e-3}});
  return program.run(argc, argv);
}
