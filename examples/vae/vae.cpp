// examples/vae/vae.cpp: a flow as the posterior of a variational autoencoder.
//   vae run CONFIG --out FOLDER [--mnist FOLDER] [--omniglot FOLDER] [--minutes M]   trains and evaluates what is missing, then
//   writes the table vae table CONFIG --out FOLDER                                                    writes the table of what
//   there is vae synthetic --out FOLDER [--images N]                                          writes made-up data, to try the
//   commands
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>

#include <dimwise/core/error.hpp>

#include "examples/vae/synthetic.hpp"
#include "examples/vae/table.hpp"

namespace {
using namespace vae;

/// Whether the cell has its result.
bool finish(const cell& c, const settings& s, const image_data& images, const std::string& out, const deadline& until) {
  const std::string folder = c.folder(out);
  if (has_result(folder, s)) return true;
  std::filesystem::create_directories(folder);
  training t(s, images, c, folder);
  if (!t.run(until)) return false;
  autoencoder& model = t.averaged();
  const std::string what = s.of_evaluation() + " after " + std::to_string(t.epochs_done()) + " epochs";
  const auto r = evaluate(model, s, images.test, folder, what, until);
  if (!r) return false;
  write_result(c, folder, s, *r, model.parameter_count(), t.epochs_done(), t.cpu_seconds());
  std::printf("%s %s seed %d: -ELBO %.2f, NLL %.2f on %d test images\n", c.data.c_str(), c.row.c_str(), c.seed, r->negative_bound,
              r->nll, r->images);
  std::fflush(stdout);
  return true;
}

/// Cells in an order in which an early stop leaves whole tables: seed by seed, data set by data set. Returns whether all are
/// done.
bool finish_all(const settings& s, const std::map<std::string, std::string>& folders, const std::string& out,
                const deadline& until) {
  std::map<std::string, image_data> images;
  for (const int seed : s.seeds)
    for (const std::string& data : s.data)
      for (const std::string& row : s.rows) {
        const cell c{data, row, seed};
        if (has_result(c.folder(out), s)) continue;
        const std::string& folder = folders.at(data);
        if (folder.empty()) throw dimwise::error("the data set '" + data + "' needs its folder: --" + data + " FOLDER");
        if (!images.count(data)) images[data] = read_images(data, folder);
        if (!finish(c, s, images[data], out, until)) return false;
        write_table(s, out);
      }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "A flow as the posterior of a variational autoencoder: VAE, planar, IAF, Sylvester, and flows with a stochastic and an "
      "exact trace");
  app.require_subcommand(1);
  std::string config, out;
  std::map<std::string, std::string> folders{{"mnist", ""}, {"omniglot", ""}};
  double minutes = 0;
  CLI::App* run =
      app.add_subcommand("run", "train and evaluate every cell of the table that has no result; goes on where it was stopped");
  CLI::App* table = app.add_subcommand("table", "write the table of the results that there are");
  CLI::App* synthetic = app.add_subcommand("synthetic", "write made-up data in the form of both data sets, to try the commands");
  for (CLI::App* c : {run, table}) c->add_option("config", config, "JSON file of settings")->required();
  for (CLI::App* c : {run, table, synthetic}) c->add_option("--out", out, "folder to write to")->required();
  std::size_t images = 480;
  synthetic->add_option("--images", images, "images to train on");
  for (auto& [name, folder] : folders) run->add_option("--" + name, folder, "folder of the files of " + name);
  run->add_option("--minutes", minutes, "stop after so many minutes; the same command goes on");
  CLI11_PARSE(app, argc, argv);
  try {
    torch::set_num_threads(1);
    if (synthetic->parsed()) {
      write_synthetic(out, images);
      return 0;
    }
    const settings s = read_settings(config);
    bool done = true;
    if (run->parsed()) {
      deadline until;
      if (minutes > 0) until = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::int64_t(minutes * 60000));
      done = finish_all(s, folders, out, until);
    }
    std::printf("%s", write_table(s, out).c_str());
    if (!done) std::printf("The time is up. The same command goes on.\n");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
