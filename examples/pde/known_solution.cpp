// examples/pde/known_solution.cpp: see known_solution.hpp.
#include "examples/pde/known_solution.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/parallel.hpp>
#include <dimwise/training/train.hpp>

#include "examples/pde/picture.hpp"

namespace pde_example {
namespace {

struct options {
  std::string out, learned;
  std::uint64_t seed = 0;
  int threads = 0;
  double bar = 0;
};

/// An output at given points.
std::vector<double> values_of(const dimwise::compiled_model& model, const std::string& output,
                              const std::vector<double>& parameters, const std::vector<double>& state,
                              const std::vector<double>& time) {
  const auto& kernel = *model.in_double.outputs;
  std::vector<double*> out(kernel.outputs().size(), nullptr);
  std::vector<double> values;
  for (std::size_t j = 0; j < out.size(); j++) {
    const auto& o = kernel.outputs()[j];
    if (o.name != output) continue;
    values.resize(time.size() * (o.l == dimwise::level::dim ? std::size_t(model.recording.d) : 1));
    out[j] = values.data();
  }
  if (values.empty()) throw dimwise::error("the model '" + model.name + "' has no output '" + output + "'");
  dimwise::arguments<double> in;
  in.samples = time.size();
  in.state = state.data();
  in.time = time.data();
  dimwise::evaluate_all(kernel, parameters.data(), in, out.data());
  return values;
}

/// Where the solutions are compared.
void draw_points(const dimwise::compiled_model& model, const std::vector<double>& parameters, std::uint64_t seed,
                 std::vector<double>& state, std::vector<double>& time) {
  const auto numbers = dimwise::stream(seed, "test points");
  numbers.uniforms(0, 0, time.size(), time.data());
  for (int i = 0; i < model.recording.set_count; i++) {
    const dimwise::sample_set& box = model.recording.sets[i];
    if (box.source != dimwise::sample_source::box) continue;
    numbers.uniforms(1, 0, state.size(), state.data());
    for (double& x : state) x = box.lower + (box.upper - box.lower) * x;
    for (double& t : time) t = box.t0 + (box.t1 - box.t0) * t;
    return;
  }
  const auto mean = values_of(model, "exact_mean", parameters, state, time),
             deviation = values_of(model, "exact_deviation", parameters, state, time);
  for (std::size_t i = 0; i < state.size(); i++) state[i] = mean[i] + deviation[i] * numbers.normal(1, i);
}

/// In one dimension the solution over the box of the points; else learned against exact values.
void draw(const dimwise::compiled_model& model, const options& o, const std::vector<double>& parameters,
          const std::vector<double>& exact, const std::vector<double>& values) {
  const std::string png = o.out + "/solution.png";
  const dimwise::sample_set& box = model.recording.sets[0];
  if (model.recording.d > 1 || box.source != dimwise::sample_source::box)
    return draw_scatter(model.name + ": " + o.learned, exact, values, png);
  reference_solution r;
  constexpr int n = 120;
  const int times = model.recording.time_name.view().empty() ? 1 : n;
  for (int i = 0; i < times; i++) r.t.push_back(box.t0 + (box.t1 - box.t0) * (i + 0.5) / times);
  for (int i = 0; i <= n; i++) r.x.push_back(box.lower + (box.upper - box.lower) * i / n);
  std::vector<double> state, time;
  for (const double t : r.t)
    for (const double x : r.x) state.push_back(x), time.push_back(t);
  r.u = values_of(model, "exact", parameters, state, time);
  draw_field(model.name, o.learned, r, values_of(model, o.learned, parameters, state, time), png);
}

int solve(const dimwise::compiled_model& model, const options& o) {
  dimwise::data_sets sets(model.recording);
  sets.prepare();
  dimwise::train_options how;
  how.seed = o.seed;
  how.threads = o.threads;
  how.validate_every = 20;
  dimwise::console_progress bar;
  const dimwise::train_result learned = dimwise::train<double>(model, how, sets, bar);
  dimwise::save_parameters(o.out + "/" + model.name + ".safetensors", model.recording, {learned.parameters, learned.metadata},
                           dimwise::precision::f64);
  constexpr std::size_t points = 4000;
  const std::size_t d = std::size_t(model.recording.d);
  std::vector<double> time(points), state(points * d);
  draw_points(model, learned.parameters, o.seed, state, time);
  const std::vector<double> values = values_of(model, o.learned, learned.parameters, state, time),
                            exact = values_of(model, "exact", learned.parameters, state, time);
  const double error = relative_error(values, exact);
  draw(model, o, learned.parameters, exact, values);
  std::printf("%s, d = %zu: relative error of the %s %.3g (bar %.3g), %.0f s, seed %llu\n", model.name.c_str(), d,
              o.learned.c_str(), error, o.bar, learned.seconds, (unsigned long long)o.seed);
  return error <= o.bar ? 0 : 1;
}

}  // namespace

void add_known_solution_command(dimwise::runner& program, const std::string& learned, double bar) {
  program.add("demo", "solve the equation and compare with the known solution",
              [&program, learned, bar](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                o->out = program.model().name + "-report";
                o->learned = learned;
                o->bar = bar;
                line.option("--out", o->out, "folder of the results");
                line.option("--seed", o->seed, "of the process, the initial parameters and the points");
                line.option("--bar", o->bar, "exit status 1 where the error is larger");
                line.option("--threads", o->threads, "0: all; the digits do not depend on it");
                return [o, &program] { return solve(program.model(), *o); };
              });
}

}  // namespace pde_example
