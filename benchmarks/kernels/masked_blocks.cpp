// benchmarks/kernels/masked_blocks.cpp: what skipping masked blocks is worth: the value and the gradient of the loss of workload
// W4, with masked blocks and without, in turn. Dimensions: -DDIMWISE_D (default 64). Build: dimwise build
// benchmarks/kernels/masked_blocks.cpp -o masked_blocks
#ifndef DIMWISE_D
#define DIMWISE_D 64
#endif
#define main workload_main
#include "../w4.cpp"
#undef main

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include <dimwise/core/aligned.hpp>
#include <dimwise/kernel/plan_kernel.hpp>

namespace {

constexpr std::size_t samples = 480;

struct arrays {
  aligned_vector<float> parameters, state, time, cotangent, residual;
};

/// Least seconds of all samples of a block, of calls of two plans in turn.
struct pair_of_times {
  double skipped = 1e9, computed = 1e9;
};

template <kernel_purpose What, differentiated_by By>
pair_of_times measure(const arrays& a) {
  constexpr auto build = w4<DIMWISE_D>;
  const table& t = recording<build>::view;
  const auto program = kernel_detail::static_program<build, What, 0, By>::template executable<float>();
  plan<float> skipping(t, program.nodes, program.functions, plan_kernel<float>::default_block),
      computing(t, program.nodes, program.functions, plan_kernel<float>::default_block);
  computing.compute_masked_blocks();
  aligned_vector<float> workspace(std::size_t(skipping.workspace) * std::size_t(skipping.group)),
      accumulators(std::size_t(skipping.accumulators) + 1);
  aligned_vector<float> residual = a.residual;
  float* outputs[] = {residual.data()};
  const float* cotangents[] = {a.cotangent.data()};
  arguments<float> in;
  in.samples = samples;
  in.state = a.state.data();
  in.time = a.time.data();
  call<float> c;
  c.workspace = workspace.data();
  c.accumulators = accumulators.data();
  c.parameters = a.parameters.data();
  c.in = &in;
  c.cotangents = cotangents;
  c.outputs = outputs;
  const auto seconds = [&](const plan<float>& p) {
    const auto start = std::chrono::steady_clock::now();
    run_plan(p, c, std::size_t(0), std::size_t(p.samples) * std::size_t(p.group), [](const call<float>&) {});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  pair_of_times best;
  for (int i = 0; i < 300; i++) {
    best.skipped = std::min(best.skipped, seconds(skipping));
    best.computed = std::min(best.computed, seconds(computing));
  }
  return best;
}

}  // namespace

int main() {
  const table& t = recording<w4<DIMWISE_D>>::view;
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  arrays a;
  a.parameters.resize(std::size_t(t.parameters));
  for (float& x : a.parameters) x = 0.1f * normal(engine);
  a.state.resize(samples * DIMWISE_D);
  a.time.resize(samples);
  for (float& x : a.state) x = normal(engine);
  for (float& x : a.time) x = normal(engine);
  a.cotangent.assign(samples, 1.0f / samples);
  a.residual.resize(samples);
  const pair_of_times value = measure<kernel_purpose::outputs, by_nothing>(a);
  const pair_of_times gradient = measure<kernel_purpose::objective, by_parameters>(a);
  std::printf("W4, d = %d: skipping masked blocks makes the value %.2f and the gradient %.2f times as fast\n", DIMWISE_D,
              value.computed / value.skipped, gradient.computed / gradient.skipped);
}
