// examples/vae/flow_field.hpp: compiled vector fields of the flows, and the sizes that are compiled into them.
#pragma once
#include <dimwise/kernel/compiled_model.hpp>

namespace vae {

constexpr int latent = 64;         ///< dimensions of z
constexpr int rank = 64;           ///< units of the amortised layer
constexpr int context_width = 32;  ///< what an image tells the networks
constexpr int local_width = 4;     ///< what it tells each dimension of the HollowNet

/// Kernels of dz/dt = f(z, t, image) that carry the log density along.
struct flow_field {
  const dimwise::table* recording = nullptr;
  const dimwise::ode_kernels<float>* kernels = nullptr;
};

/// HollowNet, exact trace.
flow_field hollow_exact();
/// Plain network, Hutchinson's trace e' (df/dz) e with the input `trace_noise` as e, constant over a solve.
flow_field plain_hutchinson();
/// The same parameters, exact trace by a pass for each dimension: for evaluation.
flow_field plain_exact();

}  // namespace vae
