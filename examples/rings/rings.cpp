// examples/rings/rings.cpp: continuous normalizing flows of two-dimensional densities, and their program.
//
// A standard normal base is carried by dx/dt = f(x, t) from t = 0 to t = 1 and becomes the density. Along each sample
//
//   d log p / dt = -(df_1/dx_1 + df_2/dx_2)
//
// is exact, since f is a HollowNet; f is trained by maximum likelihood.
#include <dimwise/run.hpp>

#include "examples/rings/demo.hpp"

using namespace dimwise;

namespace {

constexpr auto field = hollow_net<"field">(masked_mlp{48, 48}, features{24}, mlp{48, 48}, own_weights{}, last_layer_scale{0.1});

constexpr void rings(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  m.flow<"rings">(field(x, t));
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<rings>("rings"), peaks_here());
  rings_example::add_demo(program);
  return program.run(argc, argv);
}
