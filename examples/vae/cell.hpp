// examples/vae/cell.hpp: one cell of the table: a row on a data set from one seed, trained and evaluated, at any time to be
// stopped and gone on with.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "examples/vae/autoencoder.hpp"
#include "examples/vae/images.hpp"

namespace vae {

/// When to stop at the latest; nothing: never.
using deadline = std::optional<std::chrono::steady_clock::time_point>;

struct cell {
  std::string data, row;
  int seed = 1;
  std::string folder(const std::string& out) const { return out + "/" + data + "/" + row + "/seed" + std::to_string(seed); }
};

/// Its training: all of it is in the file checkpoint.pt of its folder, which is replaced as a whole every `checkpoint_seconds`.
class training {
 public:
  /// Goes on with the checkpoint where there is one. Throws dimwise::error where that was made with other settings.
  training(const settings& s, const image_data& images, const cell& c, const std::string& folder);

  /// To the end of the settings' epochs, or until it is time; whether it reached the end. Writes history.csv beside the
  /// checkpoint.
  bool run(const deadline& until);
  double epochs_done() const;
  double cpu_seconds() const { return cpu_seconds_; }
  /// The autoencoder with the running means of its parameters. Training cannot go on after it.
  autoencoder& averaged();

 private:
  void save();
  void load();
  torch::Tensor step();
  void update_average();
  void end_epoch();
  double validation_bound();
  std::uint64_t steps_per_epoch() const {
    return std::max<std::uint64_t>(1, images_.train.size() / std::uint64_t(settings_.batch));
  }

  const settings& settings_;
  const image_data& images_;
  cell cell_;
  std::string folder_;
  std::shared_ptr<autoencoder> model_;
  torch::optim::Adam optimiser_;
  std::vector<torch::Tensor> average_;
  std::uint64_t step_ = 0;
  double cpu_seconds_ = 0, loss_sum_ = 0;  ///< loss_sum_: of the steps of this epoch
  std::uint64_t loss_count_ = 0;
  std::string history_;  ///< lines of history.csv
  std::vector<std::uint32_t> order_;
  std::uint64_t order_of_ = ~std::uint64_t(0);
};

/// Means over test images in nats, with their standard errors.
struct scores {
  double negative_bound = 0, bound_error = 0, nll = 0, nll_error = 0;
  int images = 0, samples = 0;
  double cpu_seconds = 0;
  double change_at_half_step = 0;  ///< of -ELBO over the first images, where the flow is solved: twice the steps minus these
};

struct mean_and_error {
  double mean = 0, error = 0;  ///< error: standard error of the mean
};
mean_and_error summary(const std::vector<double>& v);

/// Importance sampling, image by image: -ELBO = -mean log w, NLL = -log mean w over the samples, w = p(x, z) / q(z | x). Values
/// of images that are done are in evaluation.json. Nothing where it was not finished in time.
std::optional<scores> evaluate(autoencoder& model, const settings& s, const image_set& test, const std::string& folder,
                               const std::string& what, const deadline& until);

}  // namespace vae
