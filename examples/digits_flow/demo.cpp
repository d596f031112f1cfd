// examples/digits_flow/demo.cpp: see demo.hpp.
#include "examples/digits_flow/demo.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/flow_training.hpp>

#include "examples/digits_flow/images.hpp"
#include "examples/digits_flow/principal_components.hpp"
#include "examples/digits_flow/results.hpp"

namespace digits_flow {
namespace {

struct options {
  std::string data, out = "digits-flow-report", json_file;
  std::uint64_t seed = 1;
  int rows = 0, steps = 4000, batch = 256, solver_steps = 8, every = 200, scored = 1000, threads = 0;
  double rate = 2e-3;
  bool resume = false;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Trains with the trace of the flow `name`; scores with the exact one and adaptive steps.
curve trained(const dimwise::compiled_model& model, const std::string& name, const std::vector<float>& rows,
              const std::vector<float>& held_out, const options& o) {
  const std::size_t d = std::size_t(model.recording.d);
  dimwise::flow_options<float> of_training, of_scores;
  of_training.solver = dimwise::flow_options<float>::equal_steps(std::size_t(o.solver_steps));
  of_scores.solver.fixed_steps = 0, of_scores.solver.method = dimwise::scheme::dopri5,
  of_scores.solver.rtol = of_scores.solver.atol = 1e-4;
  of_training.threads = of_scores.threads = o.threads;
  dimwise::normalizing_flow<float> flow(model, of_training, {name}), exact(model, of_scores, {"exact"});
  dimwise::flow_data<float> data;
  data.rows = rows.size() / d, data.state = rows.data();
  curve c;
  c.name = name;
  double scoring = 0;
  const auto score = [&](std::uint64_t step, const std::vector<double>& parameters, double seconds) {
    const double start = now();
    const std::vector<float> p(parameters.begin(), parameters.end());
    const auto r = exact.log_prob(p.data(), held_out.size() / d, held_out.data());
    if (!r.ok()) throw dimwise::error(name + ": " + r.text);
    double sum = 0;
    for (const double l : r.log_prob) sum -= l / double(r.log_prob.size());
    c.epochs.push_back(double(step) * double(std::min(std::size_t(o.batch), data.rows)) / double(data.rows));
    c.seconds.push_back(seconds - scoring);
    c.loss.push_back(sum);
    c.evaluations.push_back(r.mean_evaluations);
    scoring += now() - start;
  };
  dimwise::flow_training numbers;
  numbers.steps = o.steps, numbers.batch = o.batch, numbers.rate = o.rate, numbers.seed = o.seed,
  numbers.validate_every = o.every;
  numbers.warm_up = std::min(100, o.steps / 5);
  numbers.watch = score;
  numbers.checkpoint = o.out + "/" + name + ".checkpoint.safetensors", numbers.resume = o.resume;
  numbers.history = o.out + "/" + name + ".losses.csv";
  dimwise::console_progress bar;
  std::printf("trace: %s\n", name.c_str());
  std::fflush(stdout);
  const auto r = dimwise::train_flow(flow, data, {}, numbers, bar);
  if (c.loss.empty()) score(r.steps, r.parameters, r.seconds);  // a finished run was resumed
  dimwise::save_parameters(o.out + "/" + name + ".safetensors", model.recording, {r.parameters, {{"model", model.name}}});
  const std::vector<float> p(r.parameters.begin(), r.parameters.end());
  c.samples = exact.sample(p.data(), shown, o.seed).state;
  return c;
}

int demo(const dimwise::compiled_model& model, const options& o) {
  const std::size_t d = std::size_t(model.recording.d);
  if (o.steps < 1 || o.batch < 1 || o.solver_steps < 1 || o.every < 1 || o.scored < 2 || o.rows < 0)
    throw dimwise::error(
        "--steps, --batch, --solver-steps and --every must be at least 1, --scored at least 2, --rows not negative.");
  std::filesystem::create_directories(o.out);
  image_set train, test;
  if (o.data.empty()) {
    train = made_up_images(o.rows ? std::size_t(o.rows) : 4000, o.seed);
    test = made_up_images(std::size_t(o.scored), o.seed + 1);
  } else {
    train = read_idx_images(o.data + "/train-images-idx3-ubyte.gz", std::size_t(o.rows));
    test = read_idx_images(o.data + "/t10k-images-idx3-ubyte.gz", std::size_t(o.scored));
  }
  if (train.size() != test.size()) throw dimwise::error("the images to learn and those to test have different sizes");
  dequantise(train, o.seed), dequantise(test, o.seed + 1);
  const principal_components pca(train.pixels.data(), train.images, train.size(), d);
  const std::vector<float> rows = pca.components(train.pixels.data(), train.images),
                           held_out = pca.components(test.pixels.data(), test.images);
  results r;
  r.model = &model;
  r.images = train.images, r.scored = test.images, r.explained = pca.explained();
  r.height = train.height, r.width = train.width;
  r.batch = std::size_t(o.batch), r.solver_steps = std::size_t(o.solver_steps);
  for (const float x : held_out)
    r.gaussian += 0.5 * (double(x) * double(x) + std::log(2 * 3.14159265358979323846)) / double(test.images);
  std::printf("%zu images, %zu components with %.1f %% of the variance; a Gaussian's negative log-likelihood: %.3f nats\n",
              r.images, d, 100 * r.explained, r.gaussian);
  for (const char* name : {"exact", "hutchinson"}) r.curves.push_back(trained(model, name, rows, held_out, o));
  for (curve& c : r.curves) c.images = pca.restored(c.samples.data(), shown);
  r.restored = pca.restored(held_out.data(), std::min(shown, test.images));
  write_page(r, o.out);
  if (!o.json_file.empty()) write_figures(r, o.json_file);
  for (const curve& c : r.curves)
    std::printf("%-10s negative log-likelihood %.3f nats, %.0f evaluations of f a solve, %.0f s of training\n", c.name.c_str(),
                c.loss.back(), c.evaluations.back(), c.seconds.back());
  const bool learned = r.curves[0].loss.back() < r.gaussian && r.curves[1].loss.back() < r.gaussian;
  std::printf("%s: both flows are %s than the Gaussian\nreport: %s/index.html\n", learned ? "ok" : "MISS",
              learned ? "better" : "no better", o.out.c_str());
  return learned ? 0 : 1;
}

}  // namespace

void add_demo(dimwise::runner& program) {
  program.add("demo", "train a flow on principal components of digits with the exact trace and with Hutchinson's, and compare",
              [&program](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                line.option(
                    "--data", o->data,
                    "folder with train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz of MNIST; none: made-up images");
                line.option("--out", o->out, "folder of the page, its pictures and the learned parameters");
                line.option("--rows", o->rows, "training images; 0: all (of made-up ones 4000)");
                line.option("--seed", o->seed, "of first parameters, batches, directions and made-up images");
                line.option("--steps", o->steps, "training steps");
                line.option("--batch", o->batch, "images of a step");
                line.option("--rate", o->rate, "largest learning rate");
                line.option("--solver-steps", o->solver_steps, "steps of RK4 in training");
                line.option("--every", o->every, "steps between scores");
                line.option("--scored", o->scored, "test images that likelihoods are measured on");
                line.option("--threads", o->threads, "threads; 0: all");
                line.option("--json", o->json_file, "write the figures to this file");
                line.flag("--resume", o->resume, "go on from the checkpoints in --out (curves start there)");
                return [o, &program] { return demo(program.model(), *o); };
              });
}

}  // namespace digits_flow
