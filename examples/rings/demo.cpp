// examples/rings/demo.cpp: see demo.hpp.
#include "examples/rings/demo.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/report.hpp>
#include <dimwise/training/flow_training.hpp>

#include "examples/rings/densities.hpp"
#include "examples/rings/picture.hpp"

namespace rings_example {
namespace {

struct options {
  std::string out = "rings-report", json_file;
  std::vector<std::string> densities;
  std::uint64_t seed = 1;
  int steps = 5000, batch = 256, solver_steps = 14, held_out = 20000, threads = 0;
  double rate = 2e-3, bar = 0.05;
  bool no_pictures = false, resume = false;
};

struct outcome {
  std::string name;
  double truth = 0, learned = 0,
         error = 0;  ///< mean negative log-likelihoods of the held-out samples, standard error of their difference
  double evaluations = 0, seconds = 0;
  double gap() const { return learned - truth; }
};

constexpr std::uint64_t held_out_draw = 1u << 30, crowd_seed = 5;  // draws that no training step takes

/// The likelihood of held-out samples by steps that are adapted to 1e-5, not by those of training.
outcome scored(const dimwise::compiled_model& model, const density& d, const std::vector<float>& parameters, const options& o) {
  dimwise::flow_options<float> exact;
  exact.solver.fixed_steps = 0, exact.solver.method = dimwise::scheme::dopri5, exact.solver.rtol = exact.solver.atol = 1e-5;
  exact.threads = o.threads;
  dimwise::normalizing_flow<float> flow(model, exact);
  const std::size_t n = std::size_t(o.held_out);
  std::vector<float> x(2 * n);
  d.draw(o.seed, held_out_draw, n, x.data());
  const auto r = flow.log_prob(parameters.data(), n, x.data());
  if (!r.ok()) throw dimwise::error(d.name() + ": " + r.text);
  outcome out;
  out.name = d.name();
  out.evaluations = r.mean_evaluations;
  double square = 0;
  for (std::size_t s = 0; s < n; s++) {
    const double at[2] = {double(x[2 * s]), double(x[2 * s + 1])}, truth = d.log_prob(at), gap = truth - r.log_prob[s];
    out.truth -= truth / double(n), out.learned -= r.log_prob[s] / double(n), square += gap * gap / double(n);
  }
  out.error = std::sqrt(std::max(0.0, square - out.gap() * out.gap()) / double(n));
  return out;
}

void draw(dimwise::normalizing_flow<float>& flow, const density& d, const std::vector<float>& parameters, const options& o) {
  crowd c;
  c.samples = 60000;
  std::vector<double> normals(2 * c.samples);
  dimwise::random_stream(crowd_seed, "crowd").normals(0, 0, normals.size(), normals.data());
  const std::vector<float> z(normals.begin(), normals.end());
  c.fractions = {0.05, 0.2, 0.4, 0.6, 0.8, 1};
  c.points = flow.path(parameters.data(), c.samples, z.data(), c.fractions);
  constexpr std::size_t grid = 160;
  const std::vector<double> at = grid_points(d.reach(), grid);
  const std::vector<float> cells(at.begin(), at.end());
  std::vector<double> log_prob = flow.log_prob(parameters.data(), grid * grid, cells.data()).log_prob;
  for (std::size_t i = 0; i < grid * grid; i++) log_prob.push_back(d.log_prob(at.data() + 2 * i));
  draw_frames(d.name(), c, d.reach(), log_prob, grid, o.out + "/" + d.name() + ".png");
  c.fractions.clear();
  for (int f = 0; f <= 40; f++) c.fractions.push_back(f / 40.0);
  for (int f = 0; f < 10; f++) c.fractions.push_back(1);  // rests at the end
  c.points = flow.path(parameters.data(), c.samples, z.data(), c.fractions);
  draw_animation(d.name(), c, d.reach(), o.out + "/" + d.name() + ".gif");
}

void print(const outcome& r, const options& o) {
  std::printf(
      "%-4s %-16s negative log-likelihood %.4f, true %.4f, gap %7.4f +- %.4f (bar %.2f), %.0f evaluations of f, %.0f s of "
      "training\n",
      r.gap() <= o.bar ? "ok" : "MISS", r.name.c_str(), r.learned, r.truth, r.gap(), r.error, o.bar, r.evaluations, r.seconds);
  std::fflush(stdout);
}

outcome fitted(const dimwise::compiled_model& model, const density& d, const options& o) {
  dimwise::flow_options<float> solver;
  solver.solver = dimwise::flow_options<float>::equal_steps(std::size_t(o.solver_steps));
  solver.threads = o.threads;
  dimwise::normalizing_flow<float> flow(model, solver);
  dimwise::flow_data<float> fresh;
  fresh.draw = [&](std::uint64_t step, std::size_t n, float* x) { d.draw(o.seed, step, n, x); };
  dimwise::flow_training numbers;
  numbers.steps = o.steps, numbers.batch = o.batch, numbers.rate = o.rate, numbers.seed = o.seed, numbers.validate_every = 200;
  numbers.warm_up = std::min(100, o.steps / 5);
  numbers.checkpoint = o.out + "/" + d.name() + ".checkpoint.safetensors", numbers.resume = o.resume;
  numbers.history = o.out + "/" + d.name() + ".losses.csv";
  dimwise::console_progress bar;
  std::printf("%s\n", d.name().c_str());
  const auto result = dimwise::train_flow(flow, fresh, {}, numbers, bar);
  dimwise::save_parameters(o.out + "/" + d.name() + ".safetensors", model.recording,
                           {result.parameters, {{"model", model.name}}});
  const std::vector<float> p(result.parameters.begin(), result.parameters.end());
  outcome out = scored(model, d, p, o);
  out.seconds = result.seconds;
  if (!o.no_pictures) draw(flow, d, p, o);
  print(out, o);
  return out;
}

std::string number(double v, const char* format = "%.3f") {
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

void write_page(const dimwise::compiled_model& model, const std::vector<outcome>& all, const options& o) {
  dimwise::report_page page("Flows of two-dimensional densities");
  page.paragraph(
      "A standard normal base is carried by dx/dt = f(x, t) to each density. f is a HollowNet, so the divergence that moves the "
      "log density is exact. Trained by maximum "
      "likelihood on " +
      std::to_string(o.steps) + " batches of " + std::to_string(o.batch) + " samples with " + std::to_string(o.solver_steps) +
      " steps of RK4; scored on " + std::to_string(o.held_out) + " samples that training has not seen, with adaptive steps.");
  page.equations(model.recording);
  std::vector<std::vector<std::string>> rows;
  for (const outcome& r : all)
    rows.push_back({r.name, number(r.truth), number(r.learned), number(r.gap(), "%.4f") + " +- " + number(r.error, "%.4f"),
                    r.gap() <= o.bar ? "met" : "MISSED", number(r.evaluations, "%.0f"), number(r.seconds, "%.0f")});
  page.rows("mean negative log-likelihood in nats; bar: within " + number(o.bar, "%.2f") + " of the truth",
            {"density", "true", "learned", "gap", "", "evaluations of f", "seconds of training"}, rows);
  for (const outcome& r : all)
    if (!o.no_pictures)
      page.figure(o.out + "/" + r.name + ".png",
                  r.name + ": samples at 5, 20, 40, 60, 80 and 100 % of the way, the learned and the true density (animated: " +
                      r.name + ".gif)");
  page.write(o.out + "/index.html");
}

int demo(const dimwise::compiled_model& model, const options& o) {
  if (o.steps < 1 || o.batch < 1 || o.solver_steps < 1 || o.held_out < 2)
    throw dimwise::error("--steps, --batch, --solver-steps must be at least 1, --held-out at least 2.");
  std::filesystem::create_directories(o.out);
  std::vector<outcome> all;
  if (o.densities.empty())
    for (const density* d : all_densities()) all.push_back(fitted(model, *d, o));
  for (const auto& name : o.densities) all.push_back(fitted(model, density_of(name), o));
  write_page(model, all, o);
  nlohmann::ordered_json figures = nlohmann::json::array();
  bool good = true;
  for (const outcome& r : all) {
    good = good && r.gap() <= o.bar;
    figures.push_back({{"density", r.name},
                       {"true", r.truth},
                       {"learned", r.learned},
                       {"standard_error", r.error},
                       {"evaluations", r.evaluations},
                       {"seconds", r.seconds}});
  }
  if (all.size() > 1)
    for (const outcome& r : all) print(r, o);
  if (!o.json_file.empty()) dimwise::write_file_atomically(o.json_file, figures.dump(2));
  std::printf("report: %s/index.html\n", o.out.c_str());
  return good ? 0 : 1;
}

}  // namespace

void add_demo(dimwise::runner& program) {
  program.add("demo", "fit flows to two-dimensional densities, compare their likelihood with the true one, and draw them",
              [&program](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                line.option("--out", o->out, "folder of the page, its pictures and the learned parameters");
                line.option("--density", o->densities,
                            "only this one (rings, eight_gaussians, pinwheel, spirals, moons, checkerboard); may be repeated");
                line.option("--seed", o->seed, "of data and first parameters");
                line.option("--steps", o->steps, "training steps");
                line.option("--batch", o->batch, "fresh samples of a step");
                line.option("--rate", o->rate, "largest learning rate");
                line.option("--solver-steps", o->solver_steps, "steps of RK4 in training");
                line.option("--held-out", o->held_out, "samples that the likelihood is measured on");
                line.option("--bar", o->bar, "largest gap to the true likelihood, in nats");
                line.option("--threads", o->threads, "threads; 0: all");
                line.option("--json", o->json_file, "write the figures to this file");
                line.flag("--resume", o->resume, "go on from the checkpoints in --out");
                line.flag("--no-pictures", o->no_pictures, "draw nothing");
                return [o, &program] { return demo(program.model(), *o); };
              });
}

}  // namespace rings_example
