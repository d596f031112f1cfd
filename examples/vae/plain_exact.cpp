// examples/vae/plain_exact.cpp: kernels of the plain network's flow with the trace of its whole Jacobian.
#include "dimwise/kernel.hpp"
#include "examples/vae/fields.hpp"

namespace vae {
namespace {
constexpr void exact(model& m) {
  auto f = plain_network_field(m);
  auto g = amortised_layer(m);
  m.ode<"posterior">(f + g, carry<"log_density">(-sum(dense::D<1>(f)) - divergence(g)));
}
}  // namespace

flow_field plain_exact() {
  static const ode_kernels<float> kernels = compile_ode<exact, float>();
  return {&recording<exact>::view, &kernels};
}

}  // namespace vae
