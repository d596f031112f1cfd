// codegen/runner/simulate.cpp: the command `simulate`: paths of the learned stochastic differential equation.
#include <cmath>
#include <cstdio>
#include <memory>

#include "codegen/print/formula.hpp"
#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/json_file.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/solvers/sde.hpp"
#include "dimwise/training/sampler.hpp"

namespace dimwise::commands {
namespace {

struct options {
  array_files files;
  std::string parameters, sde, out, units = "data", precision = "double", method = "milstein", json_file;
  std::uint64_t seed = 0, parameter_seed = 0;
  int paths = 0, save_every = 1, threads = 0;
  double t0 = 0, t1 = 1, dt = 0.01;
};

// The states that paths start from, [paths][d] in the model's coordinates: `copies` of each given one, or draws from the mixture.
template <class T>
model_arrays<T> start_of(const compiled_model& m, int sde, const options& o, const fitted_transform& transform,
                         const T* parameters, team& workers) {
  const table& t = m.recording;
  const std::size_t d = std::size_t(t.d);
  array_files files = o.files;
  files.state_flag = "--initial";
  const sde_entry& e = t.sdes[sde];
  const std::vector<int> nodes = {e.drift, e.noise, e.noise_derivative};
  if (!t.time_name.view().empty()) files.time = print::digits(o.t0);
  if (!files.state.empty()) {
    model_arrays<T> given = read_arrays<T>(t, nodes, files, transform);
    const std::size_t copies = o.paths > 0 ? std::size_t(o.paths) : 1;
    model_arrays<T> all;
    all.samples = given.samples * copies;
    all.constants = given.constants;
    auto repeat = [&](const aligned_vector<T>& from) {
      aligned_vector<T> to;
      const std::size_t row = from.size() / given.samples;
      to.reserve(from.size() * copies);
      for (std::size_t s = 0; s < given.samples; s++)
        for (std::size_t c = 0; c < copies; c++)
          to.insert(to.end(), from.begin() + std::ptrdiff_t(s * row), from.begin() + std::ptrdiff_t((s + 1) * row));
      return to;
    };
    all.state = repeat(given.state);
    for (const auto& in : given.inputs) all.inputs.push_back(repeat(in));
    for (const auto& in : all.inputs) all.input_pointers.push_back(in.empty() ? nullptr : in.data());
    return all;
  }
  if (t.mixture_count == 0 || any_reads_inputs(t, nodes))
    throw error("--initial is missing: a .npy file of shape (paths, " + std::to_string(d) + ") with the states to start from.");
  const std::size_t n = o.paths > 0 ? std::size_t(o.paths) : 100;
  model_arrays<T> all;
  all.samples = n;
  all.state.resize(n * d);
  const std::vector<double> constants = constant_values(t, files.constants);
  all.constants.assign(constants.begin(), constants.end());
  const aligned_vector<T> time(n, T(o.t0));
  sample_mixture(m, 0, parameters, all.constants.empty() ? nullptr : all.constants.data(), n, time.data(), o.seed, workers,
                 all.state.data());
  return all;
}

template <class T>
int run_simulation(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  const std::size_t d = std::size_t(t.d);
  if (t.sde_count == 0) throw error("the model '" + m.name + "' has no stochastic differential equation.");
  if (o.out.empty()) throw error("--out is missing: the .npy file for the paths.");
  require_writable(o.out);
  if (!(o.dt > 0) || !(o.t1 > o.t0)) throw error("--dt must be positive and --t1 larger than --t0.");
  if (o.save_every < 1) throw error("--save-every must be at least 1.");
  if (o.paths < 0) throw error("--paths must not be negative.");
  const double exact_steps = (o.t1 - o.t0) / o.dt;
  if (exact_steps > 1e9) throw error("--dt " + print::digits(o.dt) + " asks for more than 1e9 steps.");
  sde_options how;
  how.steps = std::size_t(std::max(1.0, std::round(exact_steps)));
  how.step = (o.t1 - o.t0) / double(how.steps);  // the end is met exactly
  how.save_every = std::size_t(o.save_every);
  how.seed = o.seed;
  if (o.method == "milstein") how.scheme = sde_scheme::milstein;
  else if (o.method == "euler" || o.method == "euler-maruyama") how.scheme = sde_scheme::euler_maruyama;
  else throw error("--method '" + o.method + "' is unknown; it is milstein or euler.");

  const int sde = sde_index(t, o.sde);
  const parameter_set parameters = parameters_of(t, o.parameters, o.parameter_seed);
  const fitted_transform transform = fitted_transform::from_metadata(parameters.metadata, t.d);
  const aligned_vector<T> p(parameters.values.begin(), parameters.values.end());
  team workers(o.threads);
  const model_arrays<T> from = start_of<T>(m, sde, o, transform, p.data(), workers);
  sde_start<T> start;
  start.paths = from.samples;
  start.state = from.state.data();
  start.time_all = o.t0;
  start.inputs = from.input_pointers.empty() ? nullptr : from.input_pointers.data();
  start.constants = from.constants.empty() ? nullptr : from.constants.data();
  const sde_paths<T> paths = simulate<T>(m, sde, p.data(), start, how, workers);

  const std::size_t saved = paths.time.size(), n = from.samples;
  std::vector<double> values(paths.state.begin(), paths.state.end());
  if (o.files.data_units && !transform.identity())
    for (std::size_t k = 0; k < saved; k++) {
      const std::vector<double> time(n, o.t0 + paths.time[k]);
      transform.to_data(n, time.data(), values.data() + k * n * d, values.data() + k * n * d);
    }
  std::vector<double> by_path(values.size()), times;
  for (std::size_t k = 0; k < saved; k++) {
    times.push_back(o.t0 + paths.time[k]);
    for (std::size_t s = 0; s < n; s++)
      for (std::size_t i = 0; i < d; i++) by_path[(s * saved + k) * d + i] = values[(k * n + s) * d + i];
  }
  const bool npy = o.out.size() > 4 && o.out.compare(o.out.size() - 4, 4, ".npy") == 0;
  const std::string stem = npy ? o.out.substr(0, o.out.size() - 4) : o.out, time_file = stem + ".time.npy";
  write_npy(stem + ".npy", {n, saved, d}, by_path.data());
  write_npy(time_file, {saved}, times.data());

  const strong_order order = strong_order_of(t, sde, how.scheme);
  std::printf("%zu paths, %zu steps of %.6g, %zu times kept\n%s\npaths: %s.npy %s\ntimes: %s\n", n, how.steps, how.step, saved,
              order.reason.c_str(), stem.c_str(), shape_text({n, saved, d}).c_str(), time_file.c_str());
  json figures;
  figures["paths"] = n;
  figures["steps"] = how.steps;
  figures["step"] = how.step;
  figures["method"] = how.scheme == sde_scheme::milstein ? "milstein" : "euler";
  figures["strong_order"] = order.order;
  figures["strong_order_reason"] = order.reason;
  figures["file"] = stem + ".npy";
  figures["time_file"] = time_file;
  figures["final_mean"] = json::array();
  figures["final_deviation"] = json::array();
  for (std::size_t i = 0; i < d; i++) {
    double mean = 0, square = 0;
    for (std::size_t s = 0; s < n; s++) mean += values[((saved - 1) * n + s) * d + i] / double(n);
    for (std::size_t s = 0; s < n; s++) square += std::pow(values[((saved - 1) * n + s) * d + i] - mean, 2) / double(n);
    figures["final_mean"].push_back(mean);
    figures["final_deviation"].push_back(std::sqrt(square));
  }
  write_json(o.json_file, figures);
  return 0;
}

}  // namespace

setup simulate(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--initial", o->files.state,
                "states to start from, .npy of shape (paths, dimensions); without it draws from the model's mixture");
    line.option("--paths", o->paths, "paths from each initial state (default 1), or draws from the mixture (default 100)");
    line.option("--t0", o->t0, "start");
    line.option("--t1", o->t1, "end");
    line.option("--dt", o->dt, "step");
    line.option("--save-every", o->save_every, "steps between states that are kept");
    line.option("--method", o->method, "milstein or euler");
    line.option("--sde", o->sde, "name of the equation; default: the first");
    line.option("--seed", o->seed, "of the noise");
    line.option("--parameters", o->parameters, "safetensors file; without it the initial parameters of --parameter-seed");
    line.option("--parameter-seed", o->parameter_seed, "seed of the initial parameters");
    line.option("--input", o->files.inputs, "NAME=FILE.npy or NAME=NUMBER, constant along a path; may be repeated");
    line.option("--constant", o->files.constants, "NAME=NUMBER; may be repeated");
    line.option("--units", o->units, "of the states: data (those of the training files) or model");
    line.option("--precision", o->precision, "float or double");
    line.option("--threads", o->threads, "0: all; the digits do not depend on it");
    line.option("--out", o->out, "paths, .npy of shape (paths, times, dimensions); the times go to NAME.time.npy");
    line.option("--json", o->json_file, "write figures to this file");
    return [o, &program] {
      if (o->units != "data" && o->units != "model") throw error("--units '" + o->units + "' is unknown; it is data or model.");
      o->files.data_units = o->units == "data";
      return is_float(o->precision) ? run_simulation<float>(program.model(), *o) : run_simulation<double>(program.model(), *o);
    };
  };
}

}  // namespace dimwise::commands
