// examples/vae/fields.hpp: the vector fields of the two flows with a trace, as dimwise models.
#pragma once
#include "dimwise/language.hpp"
#include "examples/vae/flow_field.hpp"

namespace vae {
using namespace dimwise;

/// Both fields read what the encoder says about an image: `context` for the networks, and an amortised layer of `rank` units,
/// g_i = sum_k u_ik tanh(sum_j v_jk z_j + shift_k + t slope_k). Its units sum what sees one coordinate each, so that D<1> of g
/// costs one more coefficient.
constexpr auto amortised_layer(model& m) {
  auto z = m.state<"z", latent>();
  auto units =
      sum(m.input_per_dim<"v", rank>() * z) + m.input<"shift", rank>() + m.time<"t">() * m.parameter<"slope", rank>(normal{0.5});
  return sum_features(m.input_per_dim<"u", rank>() * tanh(units));
}

/// A HollowNet and the amortised layer.
constexpr auto hollow_field(model& m) {
  auto z = m.state<"z", latent>();
  auto t = m.time<"t">();
  auto local = m.input_per_dim<"local", local_width>();
  auto h = conditioner<"conditioner", 8>(masked_mlp{128})(z, local, concat(t, m.input<"context", context_width>()));
  return transformer<"transformer">(mlp{32, 32}, last_layer_scale{0.1})(z, local, h, t) + amortised_layer(m);
}

/// A plain network (the field of FFJORD: Grathwohl et al., 2019). What does not depend on z is added after the sum over
/// coordinates, not beside each of them.
constexpr auto plain_network_field(model& m) {
  auto z = m.state<"z", latent>();
  auto first =
      network<"first", 128>(mlp{})(z) + linear<"context", 128>(concat(m.time<"t">(), m.input<"context", context_width>()));
  return unstack<1>(network<"network", latent>(mlp{128}, last_layer_scale{0.1})(tanh(first)));
}

}  // namespace vae
