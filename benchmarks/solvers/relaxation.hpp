// benchmarks/solvers/relaxation.hpp: workload W6: stiff relaxation with coupling by a HollowNet, and its calibration.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "dimwise/kernel.hpp"
#include "dimwise/oracle/sample.hpp"
#include "dimwise/solvers/implicit_solve.hpp"

namespace dimwise::benchmarks {

constexpr auto coupling = hollow_net<"coupling">(masked_mlp{128, 128}, features{32}, mlp{64, 64});

/// f_i = -a_i (x_i - c n_i(x, t) - sin(t + phi_i)), a_i from 1 to Lambda, in logarithmic steps.
template <int d>
constexpr void relaxation(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto a = m.parameter_per_dim<"rate">(1.0, untrained{});
  auto phi = m.input_per_dim<"phase">();
  m.ode<"relaxation">(-a * (x - m.constant<"c">(1.0) * coupling(x, t) - sin(t + phi)));
}

/// One system: parameters with the rates, phases, and the smallest c > 0 such that the median over rows of (sum of
/// |off-diagonal|) / |diagonal| of the Jacobian, over 16 points along the solution of that c, is rho.
///
/// The network has weight matrices of twice the usual initial scale. With the usual one the solution grows with c, and the
/// hyperbolic tangents saturate, before the ratio comes to 2 (d = 16: at most 0.8 to 1.6 for |c| <= 64, eight seeds); a network
/// that was trained has larger weights, too.
struct relaxation_case {
  const table& t;
  const ode_kernels<double>& kernels;
  std::vector<double> parameters, phase;  ///< phases of the first sample
  double c = 0, reached = 0;
  double t1 = 10;

  relaxation_case(const table& recording, const ode_kernels<double>& k, double lambda, double rho, std::uint64_t seed,
                  double weight_scale = 2)
      : t(recording), kernels(k), parameters(draw_parameters(recording, seed)) {
    for (int w = 0; w < t.tensor_count; w++) {
      const tensor& tensor = t.tensors[w];
      double* p = parameters.data() + tensor.offset;
      if (tensor.name.view() == "rate")
        for (int i = 0; i < t.d; i++) p[i] = std::pow(lambda, double(i) / (t.d - 1));
      if (tensor.name.view().ends_with(".weight"))
        for (int e = 0; e < tensor.size(); e++) p[e] *= weight_scale;
    }
    phase = phases(1);
    double low = 0, high = 0.02;
    while (high < 64 && ratio(high) < rho) low = high, high *= 1.4;
    for (int i = 0; i < 6; i++) {
      const double middle = 0.5 * (low + high);
      (ratio(middle) < rho ? low : high) = middle;
    }
    reached = ratio(high);
  }
  /// Phases of a batch: the multiples of the golden section, so that samples differ.
  std::vector<double> phases(std::size_t samples) const {
    std::vector<double> p(samples * std::size_t(t.d));
    for (std::size_t e = 0; e < p.size(); e++) p[e] = 6.283185307179586 * std::fmod(0.6180339887498949 * double(e + 1), 1.0);
    return p;
  }
  ode_problem<double> problem(const double* const* inputs) const {
    ode_problem<double> p;
    p.recording = &t, p.kernels = &kernels, p.parameters = parameters.data(), p.constants = &c, p.inputs = inputs;
    return p;
  }
  std::vector<double> start(std::size_t samples = 1) const { return std::vector<double>(samples * std::size_t(t.d), 0.0); }

  double ratio(double with) {
    c = with;
    const double* inputs[] = {phase.data()};
    implicit_options o;
    for (int i = 1; i <= 16; i++) o.save_at.push_back(t1 * i / 16.0);
    const auto x0 = start();
    const auto r = solve_implicit(problem(inputs), {1, x0.data(), nullptr, 0, t1}, o);
    const std::size_t d = x0.size();
    const auto& kernel = kernels.whole();
    std::vector<double> workspace(kernel.vector_jacobian_workspace()), unit(d), row(d), ratios;
    for (std::size_t k = 0; k < 16; k++)
      for (std::size_t i = 0; i < d; i++) {
        std::fill(unit.begin(), unit.end(), 0.0);
        unit[i] = 1;
        const double time = o.save_at[k];
        const double* cotangents[] = {unit.data()};
        double* none[] = {nullptr};
        kernel.vector_jacobian(parameters.data(), {1, r.saved.data() + k * d, &time, inputs, &c}, 0, 1, cotangents, none,
                               {row.data(), nullptr, nullptr}, nullptr, workspace.data());
        double off = 0;
        for (std::size_t j = 0; j < d; j++) off += j == i ? 0 : std::abs(row[j]);
        ratios.push_back(off / std::abs(row[i]));
      }
    std::nth_element(ratios.begin(), ratios.begin() + std::ptrdiff_t(ratios.size() / 2), ratios.end());
    return ratios[ratios.size() / 2];
  }
};

}  // namespace dimwise::benchmarks
