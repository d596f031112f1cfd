// benchmarks/w4.cpp: workload W4, a Fokker-Planck training step in the log form of the equation.
// Dimensions: -DDIMWISE_D (default 8). Unit: a sample.
#include <dimwise/run.hpp>

#ifndef DIMWISE_D
#define DIMWISE_D 8
#endif

namespace {
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{128, 128}, features{32}, mlp{64, 64});
constexpr auto noise = hollow_net<"noise">(masked_mlp{64}, features{16}, mlp{32, 32});
constexpr auto density = gaussian_mixture<"density">(mixture_components{8});

template <int d>
constexpr void w4(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto G = sq(softplus(noise(x, t)));
  auto l = density(x, t);
  auto r = dt(l) - sum(-D<1>(f) - f * D<1>(l) + 0.5 * D<2>(G) + D<1>(G) * D<1>(l) + 0.5 * G * (D<2>(l) + sq(D<1>(l))));
  m.output<"residual">(r);
  m.minimize<"loss">(sq(r), m.samples<"points">());
}
}  // namespace

int main(int argc, char** argv) { return run<w4<DIMWISE_D>>(argc, argv, "w4"); }
