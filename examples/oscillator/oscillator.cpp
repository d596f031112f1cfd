// examples/oscillator/oscillator.cpp: a stochastic oscillator learned from snapshots of crowds, and its program.
//
// x = (position, velocity). Nobody is followed: at each of 20 times another crowd is photographed. A density p(x, t) is fitted to
// the photographs; then drift f and noise g of
//
//   dx = f(x, t) dt + g(x, t) dW
//
// are learned from p alone, by the Fokker-Planck equation that ties them to it.
#include <dimwise/run.hpp>

#include "examples/oscillator/demo.hpp"

using namespace dimwise;

namespace {

constexpr auto density = gaussian_mixture<"density">(mixture_components{16}, from_network{mlp{64, 64}});
constexpr auto drift = hollow_net<"drift">(masked_mlp{48}, features{24}, mlp{48, 48}, own_weights{}, last_layer_scale{0.1});
constexpr auto noise = hollow_net<"noise">(masked_mlp{16}, features{8}, mlp{16, 16}, own_weights{}, last_layer_scale{0.1});

template <bool learned_noise>
constexpr void oscillator(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto s = (t - 3.0) / 1.5;  // from -2 to 2

  auto l = density(x, s);
  auto f = drift(x, s);
  auto g = [&] {
    if constexpr (learned_noise) return exp(m.parameter_per_dim<"log_noise">(-1.2) + noise(x, s));  // starts at 0.3
    else return m.parameter_per_dim<"given_noise">(0.3, untrained{});
  }();
  m.sde<"oscillator">(f, g);

  auto p = exp(frozen(l));  // f and g follow the density, not the other way round
  auto balance = m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));

  // Between snapshots only the smoothness of the components' paths says where the density is.
  auto bend = sum(sq(dt<2>(density.mean(x, s))) + sq(dt<2>(density.log_deviation(x, s))));
  auto smoothness = sum_features(exp(density.log_weights(x, s)) * bend);

  m.stage<"density">({.steps = 3000, .batch = 1024, .rate = 5e-3});
  m.minimize<"likelihood">(-l, m.samples<"snapshots">());
  m.minimize<"smoothness">(smoothness, m.box<"times">(-1, 1, 0, 6), weight{3e-4});

  m.stage<"motion">({.steps = 3000, .batch = 512, .rate = 3e-3});
  auto crowd = m.drawn<"crowd">(density, 0, 6);
  m.minimize<"balance">(pseudo_huber(balance.relative()), crowd);
  m.minimize<"energy">(sum(sq(f)), crowd, weight{1e-3});
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<oscillator<true>>("oscillator"), peaks_here());
  oscillator_example::add_commands(program, compile<oscillator<false>>("oscillator_given_noise"));
  return program.run(argc, argv);
}
