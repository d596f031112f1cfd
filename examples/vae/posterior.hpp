// examples/vae/posterior.hpp: what moves the Gaussian sample of the encoder to a sample of the posterior: one class for each row
// of the table.
#pragma once
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "examples/vae/flow_solver.hpp"
#include "examples/vae/settings.hpp"

namespace vae {

/// A transport of z [samples][latent] that an image has a say in.
class posterior : public torch::nn::Module {
 public:
  /// What the image says, from the encoder's features [images][hidden]: tensors whose first axis is the image.
  virtual std::vector<torch::Tensor> amortise(const torch::Tensor& features) const;
  /// Moves samples; of_image: as `amortise` made it, one row for each sample. probe [samples][latent]: noise of a stochastic
  /// trace, undefined for the exact density.
  virtual moved move(const torch::Tensor& z, const std::vector<torch::Tensor>& of_image, const torch::Tensor& probe) = 0;
  virtual bool uses_probe() const { return false; }
  /// Steps of a solve from now on; nothing where there is none.
  virtual void set_steps(int) {}
  virtual bool solves() const { return false; }
};

/// Names of rows: vae, planar, iaf, sylvester, stochastic, hollow. Throws dimwise::error for another one.
std::shared_ptr<posterior> make_posterior(const std::string& row, const settings& s, std::uint64_t seed);
/// Those that solve a differential equation.
std::shared_ptr<posterior> make_continuous_posterior(const std::string& row, const settings& s, std::uint64_t seed);
/// As it stands in the table.
std::string title_of_row(const std::string& row);

}  // namespace vae
