// examples/vae/evaluation.cpp: the bound and the likelihood of test images by importance sampling.
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include <dimwise/io/atomic_file.hpp>

#include "examples/vae/cell.hpp"
#include "examples/vae/draws.hpp"
#include "examples/vae/flow_field.hpp"

namespace vae {
namespace {
using nlohmann::json;
using torch::Tensor;

constexpr std::uint64_t test_seed = 0;  ///< one for all cells: the same images, binarised alike
constexpr int largest_batch = 480;

struct image_score {
  double bound = 0, log_likelihood = 0;
};

image_score score_of(const autoencoder& model, const image_set& test, std::uint32_t row, int samples) {
  const Tensor x = binary_batch(test, {row}, test_seed, 0);
  const auto said = model.encode(x);
  double sum = 0, largest = -std::numeric_limits<double>::infinity(), scaled = 0;
  for (int first = 0; first < samples; first += largest_batch) {
    const std::int64_t n = std::min(largest_batch, samples - first);
    const Tensor noise =
        normal_draws(test_seed, "importance", std::uint64_t(row) * 65536 + std::uint64_t(first / largest_batch), n, latent);
    const auto terms = model.bound(x, said.rows(torch::zeros({n}, torch::kLong)), noise, Tensor());
    const Tensor log_weight = (terms.reconstruction - terms.divergence).to(torch::kDouble);
    sum += log_weight.sum().item<double>();
    const double top = std::max(largest, log_weight.max().item<double>());
    scaled = scaled * std::exp(largest - top) + (log_weight - top).exp().sum().item<double>();
    largest = top;
  }
  return {sum / samples, largest + std::log(scaled / samples)};
}

/// How much -ELBO of the first images changes if the flow takes twice the steps.
double change_at_half_step(autoencoder& model, const settings& s, const image_set& test, const std::vector<std::uint32_t>& rows) {
  const std::size_t images = std::min<std::size_t>(rows.size(), 20);
  double change = 0;
  for (const int factor : {1, 2}) {
    model.flow().set_steps(factor * s.flow_evaluation_steps);
    for (std::size_t i = 0; i < images; i++)
      change += (factor == 2 ? -1 : 1) * score_of(model, test, rows[i], std::min(s.samples, 48)).bound / double(images);
  }
  model.flow().set_steps(s.flow_evaluation_steps);
  return change;
}

}  // namespace

mean_and_error summary(const std::vector<double>& v) {
  double mean = 0, squares = 0;
  for (const double a : v) mean += a / double(v.size());
  for (const double a : v) squares += (a - mean) * (a - mean);
  return {mean, v.size() < 2 ? 0 : std::sqrt(squares / double(v.size() - 1) / double(v.size()))};
}

std::optional<scores> evaluate(autoencoder& model, const settings& s, const image_set& test, const std::string& folder,
                               const std::string& what, const deadline& until) {
  torch::NoGradGuard no_gradient;
  model.flow().set_steps(s.flow_evaluation_steps);
  const std::size_t images = std::min(test.size(), std::size_t(s.images));
  auto rows = dimwise::stream(test_seed, "test images").permutation(0, test.size());
  rows.resize(images);
  const std::string path = folder + "/evaluation.json";
  std::vector<double> bounds, likelihoods;
  double cpu_seconds = 0;
  if (dimwise::file_exists(path)) {
    const json kept = json::parse(dimwise::read_file(path));
    if (kept.at("what") == what) {
      kept.at("negative_bounds").get_to(bounds);
      kept.at("nll").get_to(likelihoods);
      kept.at("cpu_seconds").get_to(cpu_seconds);
    }
  }
  auto saved = std::chrono::steady_clock::now();
  std::clock_t clock = std::clock();
  const auto save = [&] {
    cpu_seconds += double(std::clock() - clock) / CLOCKS_PER_SEC;
    clock = std::clock();
    dimwise::write_file_atomically(
        path, json{{"what", what}, {"negative_bounds", bounds}, {"nll", likelihoods}, {"cpu_seconds", cpu_seconds}}.dump());
    saved = std::chrono::steady_clock::now();
  };
  while (bounds.size() < images) {
    const image_score one = score_of(model, test, rows[bounds.size()], s.samples);
    bounds.push_back(-one.bound), likelihoods.push_back(-one.log_likelihood);
    const auto now = std::chrono::steady_clock::now();
    if (until && now >= *until) {
      save();
      return std::nullopt;
    }
    if (now - saved >= std::chrono::duration<double>(s.checkpoint_seconds)) save();
  }
  save();
  const mean_and_error bound = summary(bounds), nll = summary(likelihoods);
  scores r{bound.mean, bound.error, nll.mean, nll.error, int(images), s.samples, cpu_seconds, 0};
  if (model.flow().solves()) r.change_at_half_step = change_at_half_step(model, s, test, rows);
  return r;
}

}  // namespace vae
