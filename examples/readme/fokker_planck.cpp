// examples/readme/fokker_planck.cpp: the program that README opens with.
#include <dimwise/run.hpp>
using namespace dimwise;

constexpr auto drift   = hollow_net<"drift">(masked_mlp{128, 128}, features{32}, mlp{64, 64});
constexpr auto noise   = hollow_net<"noise">(masked_mlp{64}, features{16}, mlp{32, 32});
constexpr auto density = gaussian_mixture<"density">(mixture_components{8});

constexpr void fokker_planck(model& m) {
  auto x = m.state<"x", 8>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto g = softplus(noise(x, t));
  auto p = exp(density(x, t));                                    // density(...) is log p
  m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
}

int main(int argc, char** argv) { return run<fokker_planck>(argc, argv); }
