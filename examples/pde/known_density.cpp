// examples/pde/known_density.cpp: see known_density.hpp.
#include "examples/pde/known_density.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/parallel.hpp>
#include <dimwise/training/train.hpp>

#include "examples/pde/reference.hpp"

namespace pde_example {
namespace {

struct options {
  std::string out;
  std::uint64_t seed = 0;
  int threads = 0;
  double bar = 0;
};

/// An output at given points.
std::vector<double> values_of(const dimwise::compiled_model& model, const std::string& output, const std::vector<double>& parameters,
                              const std::vector<double>& state, const std::vector<double>& time) {
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

int solve(const dimwise::compiled_model& model, const options& o) {
  dimwise::data_sets sets(model.recording);
  sets.prepare();
  dimwise::train_options how;
  how.seed = o.seed;
  how.threads = o.threads;
  how.validate_every = 20;
  dimwise::console_progress bar;
  const dimwise::train_result learned = dimwise::train<double>(model, how, sets, bar);
  dimwise::save_parameters(o.out + "/" + model.name + ".safetensors", model.recording, {learned.parameters, learned.metadata}, dimwise::precision::f64);
  constexpr std::size_t points = 4000;
  const std::size_t d = std::size_t(model.recording.d);
  const auto numbers = dimwise::stream(o.seed, "test points");
  std::vector<double> time(points), state(points * d);
  numbers.uniforms(0, 0, points, time.data());
  const auto mean = values_of(model, "exact_mean", learned.parameters, state, time);
  const auto deviation = values_of(model, "exact_deviation", learned.parameters, state, time);
  for (std::size_t i = 0; i < state.size(); i++) state[i] = mean[i] + deviation[i] * numbers.normal(1, i);
  const double error = relative_error(values_of(model, "log_density", learned.parameters, state, time),
                                      values_of(model, "exact", learned.parameters, state, time));
  std::printf("%s, d = %zu: relative error of log p %.3g (bar %.3g), %.0f s, seed %llu\n", model.name.c_str(), d, error, o.bar, learned.seconds,
              (unsigned long long)o.seed);
  return error <= o.bar ? 0 : 1;
}

}  // namespace

void add_density_command(dimwise::runner& program, double bar) {
  program.add("demo", "solve the equation and compare with the known density", [&program, bar](dimwise::command_line& line) {
    auto o = std::make_shared<options>();
    o->out = program.model().name + "-report";
    o->bar = bar;
    line.option("--out", o->out, "folder of the results");
    line.option("--seed", o->seed, "of the process, the initial parameters and the points");
    line.option("--bar", o->bar, "exit status 1 where the error is larger");
    line.option("--threads", o->threads, "0: all; the digits do not depend on it");
    return [o, &program] { return solve(program.model(), *o); };
  });
}

}  // namespace pde_example
