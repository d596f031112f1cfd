// examples/vae/autoencoder.hpp: encoder, posterior and decoder, and the bound.
#pragma once
#include "examples/vae/posterior.hpp"

namespace vae {

/// A variational autoencoder of 784 binary pixels with `latent` Gaussian dimensions before its posterior's flow.
class autoencoder : public torch::nn::Module {
 public:
  /// pixel_means: where the decoder's last biases start.
  autoencoder(const std::string& row, const settings& s, std::uint64_t seed, const torch::Tensor& pixel_means);

  /// What the encoder says about images [images][784].
  struct encoded {
    torch::Tensor mean, log_variance;     ///< [images][latent]
    std::vector<torch::Tensor> of_image;  ///< for the posterior
    /// Row i of the result: image rows[i].
    encoded rows(const torch::Tensor& rows) const;
  };
  encoded encode(const torch::Tensor& x) const;

  /// Terms of log p(x, z) - log q(z | x) for one z of each row, made from noise [rows][latent].
  struct terms {
    torch::Tensor reconstruction;  ///< log p(x | z)
    torch::Tensor divergence;      ///< log q(z | x) - log p(z)
  };
  terms bound(const torch::Tensor& x, const encoded& e, const torch::Tensor& noise, const torch::Tensor& probe) const;

  vae::posterior& flow() const { return *posterior_; }
  std::int64_t parameter_count() const;

 private:
  torch::nn::Linear encoder_[2], decoder_[2];
  torch::nn::Linear moments_, pixels_;
  std::shared_ptr<vae::posterior> posterior_;
};

}  // namespace vae
