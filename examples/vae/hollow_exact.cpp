// examples/vae/hollow_exact.cpp: kernels of the HollowNet's flow with its exact trace.
#include "dimwise/kernel.hpp"
#include "examples/vae/fields.hpp"

namespace vae {
namespace {
constexpr void hollow(model& m) { m.flow<"posterior">(hollow_field(m)); }
}  // namespace

flow_field hollow_exact() {
  static const ode_kernels<float> kernels = compile_ode<hollow, float>();
  return {&recording<hollow>::view, &kernels};
}

}  // namespace vae
