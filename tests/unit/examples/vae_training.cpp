// tests/unit/examples/vae_training.cpp: images, settings, training that is stopped at every step, importance sampling, the table.
#include "support/torch_and_catch.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "examples/vae/flow_field.hpp"
#include "examples/vae/synthetic.hpp"
#include "examples/vae/table.hpp"

using namespace vae;
using torch::Tensor;

namespace {

/// A folder that is removed at the end.
struct folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("dimwise-vae-" + std::to_string(::getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

settings small() {
  settings s;
  s.epochs = 2, s.batch = 48, s.hidden = 24, s.warm_up_epochs = 1, s.validation_images = 20, s.images = 6, s.samples = 20;
  s.planar_flows = 2, s.iaf_flows = 2, s.iaf_hidden = 70, s.sylvester_flows = 2, s.flow_steps = 1, s.flow_evaluation_steps = 2;
  return s;
}
image_data small_images(bool binary) {
  return {binary ? "mnist" : "omniglot", bars(150, binary, 1), bars(40, binary, 2), bars(40, binary, 3)};
}

TEST_CASE("both data sets are read from their files", "[examples]") {
  const folder f;
  write_synthetic(f / "data", 48);
  const image_data mnist = read_images("mnist", f / "data/mnist"), omniglot = read_images("omniglot", f / "data/omniglot");
  CHECK(mnist.train.grey == bars(48, true, 1).grey);
  CHECK(mnist.test.size() == 24);
  CHECK(mnist.test.binary);
  CHECK(omniglot.train.size() == 72);
  CHECK(omniglot.validation.size() == 24);
  CHECK(omniglot.test.size() == 32);
  CHECK(!omniglot.train.binary);
  CHECK_THROWS_AS(read_images("other", f / "data"), dimwise::error);
  CHECK_THROWS_AS(read_images("omniglot", f / "data/mnist"), dimwise::error);
}

TEST_CASE("grey images are drawn afresh at every step, with their grey values as probabilities", "[examples]") {
  image_set s;
  s.binary = false;
  s.grey.assign(pixels, 51);
  CHECK(!torch::equal(binary_batch(s, {0}, 1, 0), binary_batch(s, {0}, 1, 1)));
  CHECK(!torch::equal(binary_batch(s, {0}, 1, 0), binary_batch(s, {0}, 2, 0)));
  CHECK(torch::equal(binary_batch(s, {0}, 1, 7), binary_batch(s, {0}, 1, 7)));
  double mean = 0;
  for (std::uint64_t step = 0; step < 100; step++) mean += binary_batch(s, {0}, 1, step).mean().item<double>() / 100;
  CHECK(std::abs(mean - 0.2) < 0.006);  // 4 standard errors
  const image_set b = bars(3, true, 1);
  CHECK(torch::equal(binary_batch(b, {2}, 1, 0), binary_batch(b, {2}, 5, 9)));
  CHECK(std::abs(pixel_means(b).mean().item<double>() - binary_batch(b, {0, 1, 2}, 1, 0).mean().item<double>()) < 1e-6);
}

TEST_CASE("settings come from a file that has nothing unknown in it", "[examples]") {
  const folder f;
  const auto read = [&](const char* text) {
    dimwise::write_file_atomically(f / "s.json", text);
    return read_settings(f / "s.json");
  };
  const settings s =
      read(R"({"rows": ["vae", "hollow"], "seeds": [3, 4, 5], "iaf": {"hidden": 90}, "evaluation": {"samples": 7}})");
  CHECK(s.rows.size() == 2);
  CHECK(s.seeds.back() == 5);
  CHECK(s.iaf_hidden == 90);
  CHECK(s.samples == 7);
  CHECK(s.epochs == settings().epochs);
  CHECK_THROWS_AS(read(R"({"epoch": 3})"), dimwise::error);
  CHECK_THROWS_AS(read(R"({"iaf": {"width": 3}})"), dimwise::error);
  CHECK_THROWS_AS(read(R"({"epochs": "many"})"), dimwise::error);
  CHECK_THROWS_AS(read(R"({"epochs": 0})"), dimwise::error);
  CHECK_THROWS_AS(read("{"), dimwise::error);
}

TEST_CASE("training that is stopped after every step has the digits of training that is not", "[examples]") {
  const folder f;
  const settings s = small();
  const image_data images = small_images(false);
  for (const std::string row : {"stochastic", "sylvester"}) {
    const cell c{"omniglot", row, 2};
    training whole(s, images, c, f / ("whole-" + row));
    REQUIRE(whole.run({}));
    int parts = 1;
    while (!training(s, images, c, f / ("parts-" + row)).run(std::chrono::steady_clock::now())) parts++;
    CHECK(parts == 6);
    training again(s, images, c, f / ("parts-" + row));
    CHECK(again.epochs_done() == 2);
    const auto a = whole.averaged().parameters(), b = again.averaged().parameters();
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); i++) CHECK(torch::equal(a[i], b[i]));
  }
  settings other = s;
  other.rate *= 2;
  CHECK_THROWS_AS(training(other, images, {"omniglot", "stochastic", 2}, f / "whole-stochastic"), dimwise::error);
  settings longer = s;
  longer.epochs = 3;
  CHECK(training(longer, images, {"omniglot", "stochastic", 2}, f / "whole-stochastic").run({}));
  dimwise::write_file_atomically(f / "whole-sylvester/checkpoint.pt", "nothing");
  CHECK_THROWS_AS(training(s, images, {"omniglot", "sylvester", 2}, f / "whole-sylvester"), dimwise::error);
}

TEST_CASE("importance sampling finds a likelihood that is known, and the bound its divergence", "[examples]") {
  // a decoder that ignores z has p(x) = p(x | z); with q = N(0.3, 1) in each dimension the bound is 64 * 0.3^2 / 2 below
  const folder f;
  settings s = small();
  s.images = 4, s.samples = 4000;
  const image_set test = bars(4, true, 3);
  autoencoder model("vae", s, 1, pixel_means(test));
  double likelihood = 0;
  {
    torch::NoGradGuard no_gradient;
    for (const auto& p : model.named_parameters()) {
      if (p.key() != "pixels.bias") p.value().zero_();
      if (p.key() == "moments.bias") p.value().slice(0, 0, latent).fill_(0.3);
      if (p.key() == "pixels.bias") p.value().fill_(-1);
    }
    const Tensor x = binary_batch(test, {0, 1, 2, 3}, 0, 0);
    likelihood = (x * std::log(1 / (1 + std::exp(1.0))) + (1 - x) * std::log(1 / (1 + std::exp(-1.0)))).sum().item<double>() / 4;
  }
  const auto r = evaluate(model, s, test, f / "known", "what", {});
  REQUIRE(r);
  INFO(r->nll << " and " << r->negative_bound << " against " << -likelihood);
  CHECK(std::abs(r->nll + likelihood) < 0.3);
  CHECK(std::abs(r->negative_bound + likelihood - 2.88) < 0.15);

  // stopped after each image, it comes to the same; with one sample both agree
  s.samples = 40;
  const auto whole = evaluate(model, s, test, f / "whole", "what", {});
  int parts = 0;
  std::optional<scores> part;
  while (!(part = evaluate(model, s, test, f / "parts", "what", std::chrono::steady_clock::now()))) parts++;
  CHECK(parts == 4);
  CHECK(part->nll == whole->nll);
  CHECK(part->negative_bound == whole->negative_bound);
  CHECK(whole->nll < whole->negative_bound);
  s.samples = 1;
  const auto one = evaluate(model, s, test, f / "one", "what", {});
  CHECK(std::abs(one->nll - one->negative_bound) < 1e-9);
}

TEST_CASE("every row trains, and the table tells which is the best", "[examples]") {
  const folder f;
  const std::string out = f / "out";
  settings s = small();
  s.seeds = {1, 2};
  s.data = {"mnist"};
  const image_data images = small_images(true);
  for (const std::string& row : s.rows)
    for (const int seed : s.seeds) {
      const cell c{"mnist", row, seed};
      const std::string at = c.folder(out);
      CHECK(!has_result(at, s));
      training t(s, images, c, at);
      REQUIRE(t.run({}));
      autoencoder& model = t.averaged();
      const auto r = evaluate(model, s, images.test, at, "what", {});
      REQUIRE(r);
      CHECK(std::isfinite(r->negative_bound));
      write_result(c, at, s, *r, model.parameter_count(), t.epochs_done(), t.cpu_seconds());
      CHECK(has_result(at, s));
      // trained, it is better than what ignores the images
      CHECK(r->negative_bound < 350);
    }
  const std::string text = write_table(s, out);
  for (const std::string& row : s.rows) CHECK(text.find("| " + title_of_row(row) + " | ") != std::string::npos);
  CHECK(text.find(" .. ") != std::string::npos);
  // differences from the Hollow-CNF are those of the means
  const auto bound = [&](const std::string& row) {
    double sum = 0;
    for (const int seed : s.seeds)
      sum += nlohmann::json::parse(dimwise::read_file(cell{"mnist", row, seed}.folder(out) + "/result.json"))
                 .at("negative_elbo")
                 .get<double>() /
             2;
    return sum;
  };
  const auto cells = [&](const std::string& start) {
    const std::size_t at = text.find(start);
    return std::count(text.begin() + std::ptrdiff_t(at), text.begin() + std::ptrdiff_t(text.find('\n', at)), '|');
  };
  CHECK(cells("| row ") == cells("| VAE "));
  CHECK(cells("|---") == cells("| Hollow"));
  char difference[32];
  std::snprintf(difference, sizeof difference, "| %+.2f (", bound("iaf") - bound("hollow"));
  CHECK(text.find(difference) != std::string::npos);
  CHECK(text.find("mnist: the lowest -ELBO is that of ") != std::string::npos);
  CHECK(dimwise::file_exists(out + "/table.json"));
  s.samples *= 2;
  CHECK(!has_result(cell{"mnist", "vae", 1}.folder(out), s));
}

}  // namespace
