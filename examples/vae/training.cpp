// examples/vae/training.cpp: Adam on the bound, with checkpoints.
#include <cmath>
#include <ctime>
#include <sstream>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/atomic_file.hpp>

#include "examples/vae/cell.hpp"
#include "examples/vae/draws.hpp"
#include "examples/vae/flow_field.hpp"

namespace vae {
namespace {
using dimwise::error;
using torch::Tensor;

double cpu_clock() { return double(std::clock()) / CLOCKS_PER_SEC; }

std::shared_ptr<autoencoder> new_model(const settings& s, const image_data& images, const cell& c) {
  torch::manual_seed(std::uint64_t(c.seed));
  return std::make_shared<autoencoder>(c.row, s, std::uint64_t(c.seed), pixel_means(images.train));
}

}  // namespace

training::training(const settings& s, const image_data& images, const cell& c, const std::string& folder)
    : settings_(s),
      images_(images),
      cell_(c),
      folder_(folder),
      model_(new_model(s, images, c)),
      optimiser_(model_->parameters(), torch::optim::AdamOptions(s.rate)) {
  for (const Tensor& p : model_->parameters()) average_.push_back(p.detach().clone());
  dimwise::remove_leftovers(folder_ + "/checkpoint.pt");
  if (dimwise::file_exists(folder_ + "/checkpoint.pt")) load();
}

double training::epochs_done() const { return double(step_) / double(steps_per_epoch()); }

bool training::run(const deadline& until) {
  const std::uint64_t end = std::uint64_t(settings_.epochs) * steps_per_epoch();
  auto saved = std::chrono::steady_clock::now();
  const std::chrono::duration<double> interval(settings_.checkpoint_seconds);
  double clock = cpu_clock();
  const auto count_time = [&] {
    const double now = cpu_clock();
    cpu_seconds_ += now - clock;
    clock = now;
  };
  while (step_ < end) {
    const double loss = step().item<double>();
    if (!std::isfinite(loss))
      throw error("the loss of " + folder_ + " is not finite at step " + std::to_string(step_) +
                  ": a smaller 'rate' or more 'flow' steps may help");
    update_average();
    loss_sum_ += loss, loss_count_++;
    step_++;
    if (step_ % steps_per_epoch() == 0) {
      count_time();
      end_epoch();
      clock = cpu_clock();  // validation is not training
    }
    const auto now = std::chrono::steady_clock::now();
    const bool stop = until && now >= *until;
    if (stop || step_ == end || now - saved >= interval) {
      count_time();
      save();
      saved = std::chrono::steady_clock::now();
      if (stop) break;
    }
  }
  return step_ >= end;
}

Tensor training::step() {
  const std::uint64_t seed = std::uint64_t(cell_.seed), epoch = step_ / steps_per_epoch(), at = step_ % steps_per_epoch();
  if (order_of_ != epoch) {
    order_ = dimwise::stream(seed, "order").permutation(epoch, images_.train.size());
    order_of_ = epoch;
  }
  const std::size_t batch = std::min(std::size_t(settings_.batch), images_.train.size());
  const std::vector<std::uint32_t> rows(order_.begin() + std::ptrdiff_t(at * batch),
                                        order_.begin() + std::ptrdiff_t((at + 1) * batch));
  const Tensor x = binary_batch(images_.train, rows, seed, step_);
  const Tensor noise = normal_draws(seed, "noise", step_, std::int64_t(batch), latent);
  const Tensor probe = model_->flow().uses_probe() ? sign_draws(seed, "probe", step_, std::int64_t(batch), latent) : Tensor();
  const double warm_up = settings_.warm_up_epochs * double(steps_per_epoch());
  const double weight = warm_up > 0 ? std::min(1.0, double(step_ + 1) / warm_up) : 1.0;
  optimiser_.zero_grad();
  const auto terms = model_->bound(x, model_->encode(x), noise, probe);
  (weight * terms.divergence - terms.reconstruction).mean().backward();
  optimiser_.step();
  return (terms.divergence - terms.reconstruction).mean().detach();
}

void training::update_average() {
  torch::NoGradGuard no_gradient;
  const double decay = std::min(settings_.average, double(step_ + 1) / double(step_ + 10));
  const auto parameters = model_->parameters();
  for (std::size_t i = 0; i < average_.size(); i++) average_[i].lerp_(parameters[i], 1 - decay);
}

autoencoder& training::averaged() {
  torch::NoGradGuard no_gradient;
  const auto parameters = model_->parameters();
  for (std::size_t i = 0; i < average_.size(); i++) parameters[i].copy_(average_[i]);
  return *model_;
}

double training::validation_bound() {
  torch::NoGradGuard no_gradient;
  std::vector<Tensor> now;
  for (const Tensor& p : model_->parameters()) now.push_back(p.clone());
  averaged();
  const std::size_t images = std::min(images_.validation.size(), std::size_t(settings_.validation_images));
  const std::uint64_t seed = 0;
  double sum = 0;
  for (std::size_t first = 0; first < images; first += 240) {
    std::vector<std::uint32_t> rows;
    for (std::size_t i = first; i < std::min(images, first + 240); i++) rows.push_back(std::uint32_t(i));
    const Tensor x = binary_batch(images_.validation, rows, seed, 0);
    const auto terms = model_->bound(x, model_->encode(x), normal_draws(seed, "validation", first, x.size(0), latent), Tensor());
    sum += (terms.divergence - terms.reconstruction).sum().item<double>();
  }
  const auto parameters = model_->parameters();
  for (std::size_t i = 0; i < now.size(); i++) parameters[i].copy_(now[i]);
  return sum / double(images);
}

void training::end_epoch() {
  char line[128];
  const double trained = loss_sum_ / double(loss_count_), validated = validation_bound();
  std::snprintf(line, sizeof line, "%d,%.4f,%.4f,%.1f\n", int(step_ / steps_per_epoch()), trained, validated, cpu_seconds_);
  history_ += line;
  loss_sum_ = 0, loss_count_ = 0;
  dimwise::write_file_atomically(folder_ + "/history.csv", "epoch,training,validation,cpu_seconds\n" + history_);
  std::printf("%s %s seed %d: epoch %d, -ELBO %.2f in training, %.2f on validation images, %.0f s\n", cell_.data.c_str(),
              cell_.row.c_str(), cell_.seed, int(step_ / steps_per_epoch()), trained, validated, cpu_seconds_);
  std::fflush(stdout);
}

void training::save() {
  torch::serialize::OutputArchive all, model, optimiser;
  model_->save(model);
  optimiser_.save(optimiser);
  all.write("model", model);
  all.write("optimiser", optimiser);
  for (std::size_t i = 0; i < average_.size(); i++) all.write("average" + std::to_string(i), average_[i]);
  const double numbers[] = {double(step_), cpu_seconds_, loss_sum_, double(loss_count_)};
  all.write("numbers", torch::tensor(at::ArrayRef<double>(numbers), torch::kDouble));
  all.write("settings", c10::IValue(settings_.of_training()));
  all.write("history", c10::IValue(history_));
  std::ostringstream bytes;
  all.save_to(bytes);
  dimwise::write_file_atomically(folder_ + "/checkpoint.pt", bytes.str());
}

void training::load() {
  const std::string path = folder_ + "/checkpoint.pt";
  try {
    std::istringstream bytes(dimwise::read_file(path));
    torch::serialize::InputArchive all, model, optimiser;
    all.load_from(bytes);
    c10::IValue text;
    all.read("settings", text);
    if (text.toStringRef() != settings_.of_training())
      throw error(path + " was trained with other settings, " + text.toStringRef() + "; now they are " + settings_.of_training() +
                  ". Take another --out, or the old settings (epochs, seeds, rows and evaluation may change)");
    all.read("history", text);
    history_ = text.toStringRef();
    all.read("model", model);
    model_->load(model);
    all.read("optimiser", optimiser);
    optimiser_.load(optimiser);
    for (std::size_t i = 0; i < average_.size(); i++) all.read("average" + std::to_string(i), average_[i]);
    Tensor numbers;
    all.read("numbers", numbers);
    const double* n = numbers.data_ptr<double>();
    step_ = std::uint64_t(n[0]), cpu_seconds_ = n[1], loss_sum_ = n[2], loss_count_ = std::uint64_t(n[3]);
  } catch (const c10::Error& e) {
    throw error(path + " is not a checkpoint of this program: " + e.what_without_backtrace());
  }
}

}  // namespace vae
