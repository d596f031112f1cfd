// examples/vae/autoencoder.cpp: see autoencoder.hpp.
#include "examples/vae/autoencoder.hpp"

#include "examples/vae/flow_field.hpp"
#include "examples/vae/images.hpp"

namespace vae {
namespace {
using torch::Tensor;
namespace F = torch::nn::functional;

/// (W x + b) sigmoid(V x + c), as one layer of twice the width.
Tensor gated(const torch::nn::Linear& layer, const Tensor& x) { return torch::glu(torch::nn::Linear(layer)->forward(x), 1); }

}  // namespace

autoencoder::autoencoder(const std::string& row, const settings& s, std::uint64_t seed, const Tensor& pixel_means)
    : encoder_{torch::nn::Linear(pixels, 2 * s.hidden), torch::nn::Linear(s.hidden, 2 * s.hidden)},
      decoder_{torch::nn::Linear(latent, 2 * s.hidden), torch::nn::Linear(s.hidden, 2 * s.hidden)},
      moments_(s.hidden, 2 * latent),
      pixels_(s.hidden, pixels),
      posterior_(make_posterior(row, s, seed)) {
  for (int i = 0; i < 2; i++) {
    register_module("encoder" + std::to_string(i), encoder_[i]);
    register_module("decoder" + std::to_string(i), decoder_[i]);
  }
  register_module("moments", moments_);
  register_module("pixels", pixels_);
  register_module("posterior", posterior_);
  torch::NoGradGuard no_gradient;
  pixels_->bias.copy_(torch::logit(pixel_means.clamp(0.001, 0.999)));
}

autoencoder::encoded autoencoder::encode(const Tensor& x) const {
  const Tensor h = gated(encoder_[1], gated(encoder_[0], x));
  const auto moments = torch::nn::Linear(moments_)->forward(h).chunk(2, 1);
  return {moments[0], moments[1].clamp(-12, 6), posterior_->amortise(h)};
}

autoencoder::encoded autoencoder::encoded::rows(const Tensor& rows) const {
  encoded r{mean.index_select(0, rows), log_variance.index_select(0, rows), {}};
  for (const Tensor& t : of_image) r.of_image.push_back(t.index_select(0, rows));
  return r;
}

autoencoder::terms autoencoder::bound(const Tensor& x, const encoded& e, const Tensor& noise, const Tensor& probe) const {
  const Tensor z0 = e.mean + (0.5 * e.log_variance).exp() * noise;
  const moved end = posterior_->move(z0, e.of_image, probe);
  const Tensor logits = torch::nn::Linear(pixels_)->forward(gated(decoder_[1], gated(decoder_[0], end.z)));
  const Tensor reconstruction = (x * logits - F::softplus(logits)).sum(1);
  // the constants of both Gaussians are the same
  const Tensor log_start = -0.5 * (noise.square() + e.log_variance).sum(1), log_prior = -0.5 * end.z.square().sum(1);
  return {reconstruction, log_start + end.log_density - log_prior};
}

std::int64_t autoencoder::parameter_count() const {
  std::int64_t n = 0;
  for (const Tensor& p : parameters()) n += p.numel();
  return n;
}

}  // namespace vae
