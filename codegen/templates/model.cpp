// NAME.cpp: learns a stochastic differential equation from snapshots of many particles.
//
//   dimwise train NAME.cpp --data NAME.csv        learn; writes NAME.safetensors
//   dimwise report NAME.cpp --parameters NAME.safetensors --data NAME.csv
//   dimwise run NAME.cpp info                     what was inferred from the equation
//   dimwise check NAME.cpp                        compare the compiled kernels with 50-digit arithmetic
#include <dimwise/run.hpp>

using namespace dimwise;

namespace {

// Functions to be learned. A hollow_net gives one number for each dimension and has cheap derivatives D<1>, D<2>, ...: a
// conditioner sees all other coordinates, a small network tau sees the own one. The names are what files of parameters are keyed
// by.
constexpr auto drift = hollow_net<"drift">(masked_mlp{32, 32}, features{16}, mlp{32, 32});
constexpr auto noise = hollow_net<"noise">(masked_mlp{16}, features{8}, mlp{16});
constexpr auto density = gaussian_mixture<"density">(mixture_components{4}, from_network(mlp{32, 32}));

constexpr void NAME(model& m) {
  auto x = m.state<"x", 2>();  // two dimensions: columns x_0 and x_1 of the data
  auto t = m.time<"t">();      // column t

  auto f = drift(x, t);
  auto g = 0.2 + softplus(noise(x, t));  // a noise above 0.2
  auto l = density(x, t);                // log p
  auto p = exp(l);

  // The density of dx = f dt + g dW moves like this.
  auto balance = m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
  m.sde<"motion">(f, g);

  // First the density is fitted to the rows of the file ...
  auto rows = m.samples<"rows">();
  m.stage<"density">({.steps = 1500, .batch = 512, .rate = 5e-3});
  m.minimize<"likelihood">(-l, rows);

  // ... then f and g are learned from the equation, on points drawn from the density, which goes on seeing the rows.
  // relative() is the residual divided by p.
  auto points = m.drawn<"points">(density, 0, 1);
  m.stage<"motion">({.steps = 2000, .batch = 256, .rate = 3e-3});
  m.minimize<"balance">(sq(balance.relative()), points);
  m.minimize<"still_likely">(-l, rows);
}

}  // namespace

int main(int argc, char** argv) { return run<NAME>(argc, argv, "NAME"); }
