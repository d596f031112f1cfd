// examples/vae/plain_hutchinson.cpp: kernels of the plain network's flow with a stochastic trace.
#include "dimwise/kernel.hpp"
#include "examples/vae/fields.hpp"

namespace vae {
namespace {
constexpr void hutchinson(model& m) { m.flow<"posterior", trace::hutchinson>(plain_network_field(m) + amortised_layer(m)); }
}  // namespace

flow_field plain_hutchinson() {
  static const ode_kernels<float> kernels = compile_ode<hutchinson, float>();
  return {&recording<hutchinson>::view, &kernels};
}

}  // namespace vae
