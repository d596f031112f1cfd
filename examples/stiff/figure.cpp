// examples/stiff/figure.cpp: the solver is in the loop: segments of trajectories through a HollowNet, matched with those of a relaxation with rates from 10
// to 200 (the figure of Chen & Duvenaud, NeurIPS 2019, whose task and sizes are not published).
#include "examples/stiff/figure.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "dimwise/core/random.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/solvers/adjoint.hpp"
#include "dimwise/solvers/implicit_solve.hpp"
#include "dimwise/training/initialise.hpp"
#include "dimwise/training/optimiser.hpp"

namespace {
using namespace dimwise;

constexpr int d = 8;
constexpr std::size_t segments = 128, trajectories = 8;

/// What is learned: rates from 10 to 200, coupled through the sum of the others.
constexpr void truth(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">() + m.input<"begin">();
  auto rate = m.input_per_dim<"rate">();
  m.ode<"truth">(-rate * (x - 0.4 * tanh((sum(x) - x) * 0.5) - sin(t + 0.02 * rate)));
}

constexpr auto net = hollow_net<"net">(masked_mlp{64, 64}, features{16}, mlp{32, 32});
constexpr void learned(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">() + m.input<"begin">();
  m.ode<"learned">(20.0 * net(x, concat(sin(t), cos(t))));
}

template <auto Build>
ode_problem<double> problem() {
  static const ode_kernels<double> kernels = compile_ode<Build, double>();
  ode_problem<double> p;
  p.recording = &recording<Build>::view;
  p.kernels = &kernels;
  return p;
}

struct counts {
  std::size_t rk, functional, jacobi_newton, bdf;
  double seconds[4];
  double diagonal_low, diagonal_high;
};

/// Evaluations of f on a few trajectories, stacked, over 6 units of time.
counts count(ode_problem<double> p, const std::vector<double>& x0) {
  const std::vector<double> begin(trajectories, 0.0);
  const double* inputs[] = {begin.data()};
  p.inputs = inputs;
  const ode_start<double> start{trajectories, x0.data(), nullptr, 0, 6};
  counts c{};
  const auto timed = [&](int i, auto&& solve) {
    const auto from = std::chrono::steady_clock::now();
    const auto r = solve();
    c.seconds[i] = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return r.ok() ? r.counters.field : std::size_t(0);
  };
  c.rk = timed(0, [&] {
    explicit_options<double> o;
    o.control = error_control::per_batch;
    return solve_explicit<double>(p, start, o);
  });
  const auto implicit = [&](multistep formula, corrector how) {
    implicit_options o;
    o.formula = formula, o.how = how;
    if (formula == multistep::adams) o.largest_order = 3;
    return solve_implicit(p, start, o);
  };
  c.functional = timed(1, [&] { return implicit(multistep::adams, corrector::functional); });
  c.jacobi_newton = timed(2, [&] { return implicit(multistep::adams, corrector::jacobi_newton); });
  c.bdf = timed(3, [&] { return implicit(multistep::bdf, corrector::jacobi_newton); });
  const auto end = solve_explicit<double>(p, start);
  const kernel_interface<double>& kernel = *p.kernels->diagonal;
  std::vector<double> diagonal(end.state.size()), time(trajectories, 6.0), workspace(kernel.evaluate_workspace());
  double* out[] = {nullptr, diagonal.data()};
  kernel.evaluate(p.parameters, {trajectories, end.state.data(), time.data(), inputs, nullptr}, 0, trajectories, out, workspace.data());
  c.diagonal_low = *std::min_element(diagonal.begin(), diagonal.end());
  c.diagonal_high = *std::max_element(diagonal.begin(), diagonal.end());
  return c;
}

}  // namespace

int stiff::figure(int iterations, const char* csv) {
  ode_problem<double> target = problem<truth>(), model = problem<learned>();
  const table& t = *model.recording;
  std::vector<double> parameters = initial_parameters(t, 1), gradient(parameters.size());
  model.parameters = parameters.data();
  adam optimiser(parameters.size(), movable_entries(t, reached_tensors(t, {t.odes[0].field})));
  stage_entry stage;
  stage.steps = iterations, stage.rate = 3e-3, stage.warm_up = std::min(100, iterations / 10);
  const random_stream random = stream(1, "segments");

  std::vector<double> x(segments * d), begin(segments), rates(segments * d), x0(trajectories * d);
  for (std::size_t e = 0; e < rates.size(); e++) rates[e] = 10 * std::pow(20.0, double(e % d) / (d - 1));
  stream(1, "trajectories").normals(0, 0, x0.size(), x0.data());
  const named_inputs<double> of_truth(*target.recording, {{"begin", begin.data()}, {"rate", rates.data()}}), of_model(t, {{"begin", begin.data()}});
  target.inputs = of_truth.data(), model.inputs = of_model.data();
  explicit_options<double> steps;
  steps.method = scheme::rk4;
  steps.fixed_steps = 16;
  team workers(1);
  adjoint_memory<double> memory;
  explicit_memory<double> forward;

  std::FILE* file = csv ? std::fopen(csv, "w") : nullptr;
  if (file) std::fprintf(file, "iteration,loss,dopri5,adams_functional,adams_jacobi_newton,bdf_jacobi_newton,diagonal_low,diagonal_high\n");
  std::printf("iteration      loss   diagonal            Dopri5   Adams <= 3 functional   Jacobi-Newton   BDF Jacobi-Newton   (ms)\n");
  counts last{};
  double loss = 0;
  for (int i = 0; i <= iterations; i++) {
    if (i == iterations || i == 0 || i == 100 || i == 300 || (i % std::max(1, iterations / 8) == 0)) {
      const counts c = last = count(model, x0);
      std::printf("%9d  %8.2g  %7.1f..%7.1f  %8zu  %22zu  %14zu  %18zu   (%.1f, %.1f, %.1f, %.1f)\n", i, loss, c.diagonal_low, c.diagonal_high, c.rk, c.functional, c.jacobi_newton,
                  c.bdf, c.seconds[0] * 1e3, c.seconds[1] * 1e3, c.seconds[2] * 1e3, c.seconds[3] * 1e3);
      std::fflush(stdout);
      if (file) std::fprintf(file, "%d,%g,%zu,%zu,%zu,%zu,%g,%g\n", i, loss, c.rk, c.functional, c.jacobi_newton, c.bdf, c.diagonal_low, c.diagonal_high);
    }
    if (i == iterations) break;
    // segments of one length: short ones show the fast rates, long ones the slow
    const double length = 0.003 * std::pow(20.0, random.uniform(std::uint64_t(i), 0, 1));
    random.normals(std::uint64_t(i), 0, x.size(), x.data());
    random.uniforms(std::uint64_t(i), 0, segments, begin.data(), 2);
    for (double& b : begin) b *= 6.283185307179586;
    const std::vector<double> wanted = solve_explicit(target, {segments, x.data(), nullptr, 0, length}, steps, workers, forward).state;
    // per length, so that all lengths count alike
    const double scale = 1 / (double(segments) * length * length);
    std::vector<double> errors(segments, 0.0);
    const auto derivative = [&](std::size_t from, std::size_t to, const double* at, const double*, double* by, double*) {
      for (std::size_t s = from; s < to; s++)
        for (std::size_t k = 0; k < std::size_t(d); k++) {
          const std::size_t e = (s - from) * d + k;
          const double off = (at[e] - wanted[s * d + k]) / (1 + 0.1 * rates[k]);
          errors[s] += scale * off * off;
          by[e] = 2 * scale * off / (1 + 0.1 * rates[k]);
        }
    };
    std::fill(gradient.begin(), gradient.end(), 0.0);
    solve_with_gradient<double>(model, {segments, x.data(), nullptr, 0, length}, steps, derivative, {gradient.data(), nullptr, nullptr}, {}, workers, memory);
    loss = 0;
    for (const double e : errors) loss += e;
    const double norm = optimiser.norm(gradient.data());
    optimiser.step(parameters.data(), gradient.data(), norm > 1 ? 1 / norm : 1, scheduled_rate(stage, std::uint64_t(i)), 0);
  }
  if (file) std::fclose(file);
  const double of_functional = double(last.jacobi_newton) / double(last.functional), of_rk = double(last.jacobi_newton) / double(last.rk),
               bdf = double(last.bdf) / double(last.functional);
  std::printf("at the end: Adams with Jacobi-Newton takes %.2f of functional iteration (bar 0.53) and %.2f of Dopri5 (0.40); BDF with Jacobi-Newton %.2f (0.35)\n", of_functional, of_rk, bdf);
  return of_functional <= 0.53 && of_rk <= 0.4 && bdf <= 0.35 ? 0 : 1;
}
