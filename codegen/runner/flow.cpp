// codegen/runner/flow.cpp: the command `flow`: fits a continuous normalizing flow to rows, draws from it, and computes log
// densities.
#include <cmath>
#include <cstdio>
#include <memory>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/interruption.hpp"
#include "codegen/runner/json_file.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/training/data_rows.hpp"
#include "dimwise/training/flow_training.hpp"

namespace dimwise::commands {
namespace {

struct options {
  std::string data, density, held_out, parameters, out, precision = "float", json_file;
  std::vector<std::string> parts, penalties;
  std::uint64_t seed = 0, parameter_seed = 0;
  int sample = 0, threads = 0, steps = 2000, batch = 256, solver_steps = 16, probes = 1;
  double rate = 1e-3, tolerance = 1e-5;
  bool resume = false, quiet = false;
};

/// Rows of a file in precision T, with what the file has of the model's inputs.
template <class T>
struct rows_of_file {
  std::size_t rows = 0;
  std::vector<T> state;
  std::vector<std::vector<T>> inputs;
  std::vector<std::string> names;
  flow_inputs<T> view() const {
    flow_inputs<T> r;
    for (std::size_t i = 0; i < names.size(); i++) r.emplace_back(names[i], inputs[i].data());
    return r;
  }
};
template <class T>
rows_of_file<T> read(const table& recording, const std::string& file) {
  table timeless = recording;  // the time of a flow is no column of its data
  timeless.time_name = {};
  data_source source;
  source.file = file;
  const data_rows read = read_rows(timeless, source);
  require_valid_rows(timeless, read);
  rows_of_file<T> r;
  r.rows = read.rows;
  r.state.assign(read.state.begin(), read.state.end());
  for (std::size_t i = 0; i < read.inputs.size(); i++) {
    if (read.inputs[i].empty()) continue;
    r.names.emplace_back(recording.inputs[i].name.view());
    r.inputs.emplace_back(read.inputs[i].begin(), read.inputs[i].end());
  }
  return r;
}

/// Solvers for training, and for densities and samples.
template <class T>
flow_options<T> equal_steps(const options& o) {
  flow_options<T> f;
  f.solver = flow_options<T>::equal_steps(std::size_t(o.solver_steps));
  f.threads = o.threads, f.probes = o.probes, f.seed = o.seed;
  return f;
}
template <class T>
flow_options<T> adaptive(const options& o) {
  flow_options<T> f = equal_steps<T>(o);
  f.solver.fixed_steps = 0, f.solver.method = scheme::dopri5, f.solver.rtol = f.solver.atol = o.tolerance;
  return f;
}
template <class T>
void success_or_stop(const flow_result<T>& r) {
  if (!r.ok()) throw error(r.text + ".");
}
double mean_loss(const std::vector<double>& log_prob) {
  double sum = 0;
  for (const double l : log_prob) sum -= l;
  return sum / double(log_prob.size());
}

template <class T>
int fit(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  const std::string out = o.out.empty() ? m.name + ".safetensors" : o.out;
  require_writable(out);
  const rows_of_file<T> data = read<T>(t, o.data);
  rows_of_file<T> held_out;
  if (!o.held_out.empty()) held_out = read<T>(t, o.held_out);
  normalizing_flow<T> flow(m, equal_steps<T>(o), o.parts);
  flow_training how;
  how.steps = o.steps, how.batch = o.batch, how.rate = o.rate, how.seed = o.seed;
  how.warm_up = std::min(100, o.steps / 5);
  for (const std::string& text : o.penalties) {
    const auto [name, value] = name_and_value(text, "--penalty");
    how.penalties.push_back({name, number_of(value, "--penalty " + name)});
  }
  if (!o.parameters.empty()) how.start = load_parameters(o.parameters, t).values;
  how.checkpoint = out + ".checkpoint", how.history = out + ".losses.csv", how.resume = o.resume;
  if (o.resume && !file_exists(how.checkpoint)) throw error("--resume: there is no checkpoint " + how.checkpoint + ".");
  how.interrupt = &set_by_interrupts();
  console_progress bar;
  progress silent;
  flow_data<T> rows, validation;
  rows.rows = data.rows, rows.state = data.state.data(), rows.inputs = data.view();
  if (held_out.rows)
    validation.rows = held_out.rows, validation.state = held_out.state.data(), validation.inputs = held_out.view();
  const flow_training_result r = train_flow(flow, rows, validation, how, o.quiet ? silent : static_cast<progress&>(bar));
  if (r.interrupted) {
    std::fprintf(stderr, "%s flow: interrupted; go on with --resume (checkpoint %s).\n", m.name.c_str(), how.checkpoint.c_str());
    return 130;
  }
  save_parameters(out, t, {r.parameters, {{"model", m.name}, {"seed", std::to_string(o.seed)}}});
  // by adaptive steps: what equal ones miss shows as a difference
  normalizing_flow<T> judge(m, adaptive<T>(o), o.parts);
  const std::vector<T> p(r.parameters.begin(), r.parameters.end());
  const rows_of_file<T>& judged = held_out.rows ? held_out : data;
  const flow_result<T> density =
      judge.log_prob(p.data(), std::min<std::size_t>(judged.rows, 10000), judged.state.data(), judged.view());
  success_or_stop(density);
  const double loss = mean_loss(density.log_prob);
  std::printf("negative log-likelihood of the %s rows: %.6g nats, %.0f evaluations of f a solve\nparameters: %s\nlosses: %s\n",
              held_out.rows ? "held-out" : "training", loss, density.mean_evaluations, out.c_str(), how.history.c_str());
  json figures;
  figures["negative_log_likelihood"] = finite_or_null(loss);
  figures["evaluations"] = density.mean_evaluations;
  figures["steps"] = r.steps, figures["seconds"] = r.seconds, figures["parameters"] = out;
  write_json(o.json_file, figures);
  return 0;
}

template <class T>
int draw_or_judge(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  if (o.out.empty()) throw error("--out is missing: the .npy file for the result.");
  require_writable(o.out);
  const parameter_set parameters = parameters_of(t, o.parameters, o.parameter_seed);
  const std::vector<T> p(parameters.values.begin(), parameters.values.end());
  normalizing_flow<T> flow(m, adaptive<T>(o), o.parts);
  json figures;
  if (!o.density.empty()) {
    const rows_of_file<T> rows = read<T>(t, o.density);
    const flow_result<T> r = flow.log_prob(p.data(), rows.rows, rows.state.data(), rows.view());
    success_or_stop(r);
    write_npy(o.out, {rows.rows}, r.log_prob.data());
    figures["negative_log_likelihood"] = finite_or_null(mean_loss(r.log_prob));
    std::printf("log densities of %zu rows, %.6g nats in the mean: %s\n", rows.rows, -mean_loss(r.log_prob), o.out.c_str());
  } else {
    const std::size_t n = std::size_t(o.sample);
    const flow_result<T> r = flow.sample(p.data(), n, o.seed);
    success_or_stop(r);
    write_npy(o.out, {n, flow.dims()}, r.state.data());
    figures["samples"] = n;
    std::printf("%zu samples: %s\n", n, o.out.c_str());
  }
  figures["file"] = o.out;
  write_json(o.json_file, figures);
  return 0;
}

template <class T>
int run(const compiled_model& m, const options& o) {
  if (m.recording.ode_count == 0)
    throw error("the model '" + m.name + "' has no flow: call m.flow<\"name\">(f) in the model function.");
  if ((!o.data.empty()) + (!o.density.empty()) + (o.sample != 0) != 1)
    throw error(
        "give one of --data FILE (fit the flow), --density-of FILE (log densities of rows) and --sample N (draw from it).");
  if (o.sample < 0) throw error("--sample must be at least 1.");
  if (o.solver_steps < 1 || o.steps < 0 || o.batch < 1)
    throw error("--solver-steps and --batch must be at least 1, --steps not negative.");
  if (!(o.rate > 0) || !(o.tolerance > 0)) throw error("--rate and --tolerance must be positive.");
  return o.data.empty() ? draw_or_judge<T>(m, o) : fit<T>(m, o);
}

}  // namespace

setup flow(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--data", o->data, "rows to fit the flow to, .csv or .npy of shape (rows, dimensions)");
    line.option("--held-out", o->held_out, "rows that choose the best parameters and are scored at the end");
    line.option("--density-of", o->density, "rows whose log densities go to --out");
    line.option("--sample", o->sample, "number of samples that go to --out");
    line.option("--part", o->parts, "name of a flow, from base to data; may be repeated; default: all of the model");
    line.option("--parameters", o->parameters, "safetensors file; to start from, where the flow is fitted");
    line.option("--parameter-seed", o->parameter_seed, "seed of the initial parameters where no file is given");
    line.option("--out", o->out, "learned parameters (default NAME.safetensors), log densities or samples (.npy)");
    line.option("--steps", o->steps, "training steps");
    line.option("--batch", o->batch, "rows of a step");
    line.option("--rate", o->rate, "largest learning rate");
    line.option("--penalty", o->penalties, "NAME=NUMBER: a weight of the mean of a carried quantity; may be repeated");
    line.option("--solver-steps", o->solver_steps, "steps of RK4 in training");
    line.option("--tolerance", o->tolerance, "of the adaptive solves that score and draw");
    line.option("--probes", o->probes, "directions of trace::hutchinson");
    line.option("--seed", o->seed, "of batches, samples and directions");
    line.option("--precision", o->precision, "float or double");
    line.option("--threads", o->threads, "0: all; the digits do not depend on it");
    line.flag("--resume", o->resume, "go on from the checkpoint, OUT.checkpoint");
    line.flag("--quiet", o->quiet, "no progress");
    line.option("--json", o->json_file, "write figures to this file");
    return [o, &program] { return is_float(o->precision) ? run<float>(program.model(), *o) : run<double>(program.model(), *o); };
  };
}

}  // namespace dimwise::commands
