// examples/pde/inverse.cpp: see inverse.hpp.
#include "examples/pde/inverse.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <dimwise/core/random.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/train.hpp>

#include "examples/pde/picture.hpp"

namespace pde_example {
namespace {

struct options {
  std::string out, data;
  std::uint64_t seed = 0, noise_seed = 1;
  int threads = 0;
};

/// Different points of the grid, drawn without replacement.
dimwise::data_rows noisy_points(const reference_solution& r, std::size_t points, double deviation, std::uint64_t seed) {
  const auto chosen = dimwise::stream(seed, "places").permutation(0, r.u.size());
  const auto noise = dimwise::stream(seed, "noise");
  dimwise::data_rows rows;
  rows.rows = points;
  rows.inputs.resize(1);
  rows.origin = "the drawn points";
  for (std::size_t i = 0; i < points; i++) {
    const std::size_t at = chosen[i];
    rows.state.push_back(r.x[at % r.x.size()]);
    rows.time.push_back(r.t[at / r.x.size()]);
    rows.inputs[0].push_back(r.u[at] + deviation * noise.normal(0, i));
  }
  return rows;
}

double deviation_of(const std::vector<double>& u) {
  double mean = 0, sum = 0;
  for (const double v : u) mean += v / double(u.size());
  for (const double v : u) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / double(u.size()));
}

int identify(const dimwise::compiled_model& model, const options& o, std::size_t points,
             const std::vector<coefficient>& coefficients) {
  const reference_solution r = read_reference(o.data);
  const double noise = 0.01 * deviation_of(r.u);
  dimwise::data_sets sets(model.recording);
  dimwise::validation_split all;
  all.how = dimwise::validation_split::by::none;
  sets.bind("data", noisy_points(r, points, noise, o.noise_seed), all);
  sets.prepare();
  dimwise::train_options how;
  how.seed = o.seed;
  how.threads = o.threads;
  how.constants["noise"] = noise;
  how.keep_best = false;  // the last stage weighs the equation most
  how.validate_every = 20;
  dimwise::console_progress bar;
  const dimwise::train_result learned = dimwise::train<double>(model, how, sets, bar);
  dimwise::save_parameters(o.out + "/" + model.name + ".safetensors", model.recording, {learned.parameters, learned.metadata},
                           dimwise::precision::f64);
  const std::vector<double> u = on_grid(model, "u", learned.parameters, r);
  draw_field(model.name, "u", r, u, o.out + "/solution.png");
  bool good = true;
  std::printf("%s: %zu points with %.3g of noise, %.0f s, seed %llu, noise seed %llu\n", model.name.c_str(), points, noise,
              learned.seconds, (unsigned long long)o.seed, (unsigned long long)o.noise_seed);
  std::printf("  field: relative L2 error %.3g\n", relative_error(u, r.u));
  for (const coefficient& c : coefficients) {
    const reference_solution one{{0}, {0}, {0}};
    const double found = on_grid(model, c.output, learned.parameters, one)[0], error = found / c.truth - 1;
    good = good && std::abs(error) <= c.bar;
    std::printf("  %s = %.6g, truth %.6g, relative error %+.2e (bar %.0e)\n", c.output.c_str(), found, c.truth, error, c.bar);
  }
  return good ? 0 : 1;
}

}  // namespace

void add_identify_command(dimwise::runner& program, const std::string& folder, std::size_t points,
                          std::vector<coefficient> coefficients) {
  program.add("demo", "find the coefficients from noisy points of the reference solution",
              [&program, folder, points, coefficients](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                o->data = folder;
                o->out = program.model().name + "-report";
                line.option("--out", o->out, "folder of the results");
                line.option("--data", o->data, "folder with x.npy, t.npy, u.npy");
                line.option("--seed", o->seed, "of the initial parameters and the points of the equation");
                line.option("--noise-seed", o->noise_seed, "of the measured points and their noise");
                line.option("--threads", o->threads, "0: all; the digits do not depend on it");
                return [o, &program, points, coefficients] { return identify(program.model(), *o, points, coefficients); };
              });
}

}  // namespace pde_example
