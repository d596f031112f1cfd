// benchmarks/solvers/flow_training.cpp: workload W5, a training step of a continuous normalizing flow, with the exact trace, without one and with one
// Hutchinson probe. Link with the runtime library; -DDIMWISE_D=8 chooses the dimensions. Arguments: samples (1024), threads (1).
#include <cstdio>
#include <cstdlib>
#include <random>

#include "dimwise/kernel.hpp"
#include "dimwise/oracle/sample.hpp"
#include "dimwise/simd/peak.hpp"
#include "dimwise/solvers/adjoint.hpp"

#ifndef DIMWISE_D
#define DIMWISE_D 8
#endif

namespace {
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{128, 128}, features{32}, mlp{64, 64});

constexpr void without_trace(model& m) {
  auto x = m.state<"x", DIMWISE_D>();
  m.ode<"flow">(drift(x, m.time<"t">()));
}
constexpr void exact_trace(model& m) {
  auto x = m.state<"x", DIMWISE_D>();
  m.flow<"flow">(drift(x, m.time<"t">()));
}
constexpr void hutchinson_trace(model& m) {
  auto x = m.state<"x", DIMWISE_D>();
  auto e = m.input_per_dim<"noise">();
  auto f = drift(x, m.time<"t">());
  m.ode<"flow">(f, carry<"log_density">(-sum(e * jvp(f, e))));
}

struct timing {
  double forward, step, share;
};

template <auto Build>
timing measure(std::size_t samples, int threads, double peak) {
  static const ode_kernels<float> kernels = compile_ode<Build, float>();
  const table& t = recording<Build>::view;
  const std::vector<double> drawn = draw_parameters(t, 1);
  const std::vector<float> parameters(drawn.begin(), drawn.end());
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(samples * DIMWISE_D), noise(x.size());
  for (float& v : x) v = normal(random);
  for (float& v : noise) v = normal(random) < 0 ? -1.0f : 1.0f;
  const float* inputs[] = {noise.data()};
  ode_problem<float> p;
  p.recording = &t, p.kernels = &kernels, p.parameters = parameters.data(), p.inputs = inputs;
  explicit_options<float> o;
  o.method = scheme::rk4;
  o.fixed_steps = 32;
  const ode_start<float> start{samples, x.data(), nullptr, 0, 1};
  team workers(threads);
  explicit_memory<float> forward_memory;
  adjoint_memory<float> memory;
  std::vector<double> gradient(parameters.size());
  const auto loss = [&](std::size_t begin, std::size_t end, const float* at, const float*, float* by, float* by_carried) {
    for (std::size_t e = 0; e < (end - begin) * DIMWISE_D; e++) by[e] = at[e] / float(samples);
    for (std::size_t s = 0; s < (end - begin) * p.carried(); s++) by_carried[s] = 1 / float(samples);
  };
  timing r{};
  r.forward = simd::best_seconds([&] { solve_explicit(p, start, o, workers, forward_memory); }, 3) / double(samples) * 1e6;
  r.step = simd::best_seconds([&] {
             std::fill(gradient.begin(), gradient.end(), 0.0);
             solve_with_gradient<float>(p, start, o, loss, {gradient.data(), nullptr, nullptr}, {}, workers, memory);
           }, 3) / double(samples) * 1e6;
  const kernel_cost c = p.kernels->whole().cost();
  r.share = 128 * (c.value_matrix_flop + c.gradient_matrix_flop) / (r.step * 1e3) / peak;
  return r;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t samples = argc > 1 ? std::size_t(std::atoi(argv[1])) : 1024;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const double peak = simd::measure_peak<float>().register_gflops;
  const timing none = measure<without_trace>(samples, threads, peak), exact = measure<exact_trace>(samples, threads, peak),
               probe = measure<hutchinson_trace>(samples, threads, peak);
  std::printf("W5, d = %d, %zu samples, %d thread(s), float, FMA peak of a core %.0f GFLOP/s; us per sample\n", DIMWISE_D, samples, threads, peak);
  const auto row = [](const char* name, const timing& t) { std::printf("%-22s forward %9.1f   loss and gradient %9.1f   share %4.1f %%\n", name, t.forward, t.step, 100 * t.share); };
  row("no trace", none), row("exact trace", exact), row("one Hutchinson probe", probe);
  std::printf("exact / none %.2f (%.2f), exact / Hutchinson %.2f (%.2f); a full Jacobian by %d products, %.0f (%.0f) times the exact trace\n", exact.forward / none.forward,
              exact.step / none.step, exact.forward / probe.forward, exact.step / probe.step, DIMWISE_D, DIMWISE_D * probe.forward / exact.forward, DIMWISE_D * probe.step / exact.step);
}
