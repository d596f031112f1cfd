// examples/pde/reference.cpp: see reference.hpp.
#include "examples/pde/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <dimwise/core/error.hpp>
#include <dimwise/io/npy.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/report.hpp>
#include <dimwise/training/parallel.hpp>
#include <dimwise/training/train.hpp>

#include "examples/pde/picture.hpp"

namespace pde_example {
namespace {

struct options {
  std::string out, data, method;
  std::uint64_t seed = 0;
  int threads = 0, steps = 0;
  double bar = 0;
  /// Instead of what the model file says.
  void set(std::vector<dimwise::stage_entry>& stages) const {
    for (auto& s : stages) {
      if (steps > 0) s.steps = steps;
      if (method.empty()) continue;
      if (method != "adam" && method != "lbfgs" && method != "levenberg-marquardt")
        throw dimwise::error("--method '" + method + "' is unknown; it is adam, lbfgs or levenberg-marquardt.");
      s.how = method == "adam"    ? dimwise::method::adam
              : method == "lbfgs" ? dimwise::method::lbfgs
                                  : dimwise::method::levenberg_marquardt;
      s.redraw = dimwise::usual_redraw(s.how);
    }
  }
};

int solve(const dimwise::compiled_model& model, const options& o) {
  const reference_solution r = read_reference(o.data);
  dimwise::data_sets sets(model.recording);
  sets.prepare();
  dimwise::train_options how;
  how.seed = o.seed;
  how.threads = o.threads;
  how.stages = dimwise::stages_of(model.recording);
  o.set(how.stages);
  how.validate_every = 20;
  dimwise::console_progress bar_of_steps;
  const dimwise::train_result learned = dimwise::train<double>(model, how, sets, bar_of_steps);
  const std::vector<double> u = on_grid(model, "u", learned.parameters, r);
  const double error = relative_error(u, r.u);
  dimwise::save_parameters(o.out + "/" + model.name + ".safetensors", model.recording, {learned.parameters, learned.metadata},
                           dimwise::precision::f64);
  dimwise::write_npy(o.out + "/u.npy", {r.t.size(), r.x.size()}, u.data());
  draw_field(model.name, "u", r, u, o.out + "/solution.png");
  dimwise::report_page page(model.name);
  page.equations(model.recording);
  page.paragraph("Relative L2 error against the reference: " + dimwise::short_number(error) + ", after " +
                 dimwise::short_number(learned.seconds) + " s of training.");
  page.figure(o.out + "/solution.png", "The solution, the error, and four times.");
  page.write(o.out + "/index.html");
  std::printf("%s: relative L2 error %.3g (bar %.3g), %.0f s, seed %llu; %s/index.html\n", model.name.c_str(), error, o.bar,
              learned.seconds, (unsigned long long)o.seed, o.out.c_str());
  return error <= o.bar ? 0 : 1;
}

}  // namespace

reference_solution read_reference(const std::string& folder) {
  const auto x = dimwise::read_npy<double>(folder + "/x.npy"), t = dimwise::read_npy<double>(folder + "/t.npy"),
             u = dimwise::read_npy<double>(folder + "/u.npy");
  if (u.shape.size() != 2 || u.shape[0] != t.values.size() || u.shape[1] != x.values.size())
    throw dimwise::error("'" + folder + "/u.npy' has the shape " + dimwise::shape_text(u.shape) +
                         "; the places and times beside it need (" + std::to_string(t.values.size()) + ", " +
                         std::to_string(x.values.size()) + ")");
  dimwise::require_finite(u, folder + "/u.npy");
  return {x.values, t.values, u.values};
}

std::vector<double> on_grid(const dimwise::compiled_model& model, const std::string& output,
                            const std::vector<double>& parameters, const reference_solution& points) {
  const auto& kernel = *model.in_double.outputs;
  std::vector<double> state, time, values(points.t.size() * points.x.size());
  for (const double t : points.t)
    for (const double x : points.x) state.push_back(x), time.push_back(t);
  std::vector<double*> out(kernel.outputs().size(), nullptr);
  bool found = false;
  for (std::size_t j = 0; j < out.size(); j++)
    if (kernel.outputs()[j].name == output) out[j] = values.data(), found = true;
  if (!found) throw dimwise::error("the model '" + model.name + "' has no output '" + output + "'");
  dimwise::arguments<double> in;
  in.samples = values.size();
  in.state = state.data();
  in.time = time.data();
  dimwise::evaluate_all(kernel, parameters.data(), in, out.data());
  return values;
}

double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

void add_solve_command(dimwise::runner& program, const std::string& folder, double bar) {
  program.add("demo", "solve the equation and compare with the reference solution",
              [&program, folder, bar](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                o->data = folder;
                o->bar = bar;
                o->out = program.model().name + "-report";
                line.option("--out", o->out, "folder of the results");
                line.option("--data", o->data, "folder with x.npy, t.npy, u.npy");
                line.option("--seed", o->seed, "of the initial parameters and the points");
                line.option("--steps", o->steps, "of every stage, instead of the model's");
                line.option("--method", o->method, "adam, lbfgs or levenberg-marquardt, instead of the model's");
                line.option("--bar", o->bar, "exit status 1 where the error is larger");
                line.option("--threads", o->threads, "0: all; the digits do not depend on it");
                return [o, &program] { return solve(program.model(), *o); };
              });
}

}  // namespace pde_example
