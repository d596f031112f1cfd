// codegen/runner/train.cpp: the command `train`: binds files to the model's sets and runs its stages.
#include <cmath>
#include <cstdio>
#include <memory>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/data_flags.hpp"
#include "codegen/runner/interruption.hpp"
#include "codegen/runner/json_file.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/training/train.hpp"

namespace dimwise::commands {
namespace {

struct options {
  data_flags data;
  std::uint64_t seed = 0;
  std::vector<std::string> steps, batch, rate, redraw, methods, weights, constants;
  std::string precision = "float", out, checkpoint, history, start, json_file;
  int threads = 0, validate_every = 100;
  double checkpoint_seconds = 60;
  bool resume = false, last = false, quiet = false;
};

// "NUMBER" for all stages or "STAGE=NUMBER".
template <class Set>
void for_stages(const std::vector<std::string>& given, const std::string& flag, std::vector<stage_entry>& stages, Set set) {
  for (const std::string& text : given) {
    if (const auto all = as_number(text)) {
      for (auto& s : stages) set(s, *all);
      continue;
    }
    const auto [name, value] = name_and_value(text, flag);
    bool found = false;
    std::string names;
    for (auto& s : stages) {
      names += (names.empty() ? "" : ", ") + std::string(s.name.view());
      if (s.name.view() != name) continue;
      set(s, number_of(value, flag + " " + name));
      found = true;
    }
    if (!found) throw error(flag + " " + name + ": the model has no such stage; it has: " + names + ".");
  }
}

method method_of(const std::string& name) {
  if (name == "adam") return method::adam;
  if (name == "lbfgs") return method::lbfgs;
  if (name == "levenberg-marquardt") return method::levenberg_marquardt;
  throw error("--method '" + name + "' is unknown; it is adam, lbfgs or levenberg-marquardt.");
}

// "METHOD" for all stages or "STAGE=METHOD". Where it changes, samples are drawn as often as is usual for it.
void set_methods(const std::vector<std::string>& given, std::vector<stage_entry>& stages) {
  for (const std::string& text : given) {
    const bool all = text.find('=') == std::string::npos;
    const auto [name, value] = all ? std::pair(std::string(), text) : name_and_value(text, "--method");
    const method how = method_of(value);
    bool found = all;
    std::string names;
    for (auto& s : stages) {
      names += (names.empty() ? "" : ", ") + std::string(s.name.view());
      if (!all && s.name.view() != name) continue;
      if (s.how != how) s.how = how, s.redraw = usual_redraw(how);
      found = true;
    }
    if (!found) throw error("--method " + name + ": the model has no such stage; it has: " + names + ".");
  }
}

int whole(double v, int least, const std::string& flag) {
  if (v != std::floor(v) || v < least || v > 2e9)
    throw error(flag + " must be a whole number of at least " + std::to_string(least) + ".");
  return int(v);
}

std::string sibling(const std::string& out, const std::string& ending) {
  const std::string tail = ".safetensors";
  const bool has = out.size() > tail.size() && out.compare(out.size() - tail.size(), tail.size(), tail) == 0;
  return (has ? out.substr(0, out.size() - tail.size()) : out) + ending;
}

int run_training(const compiled_model& m, options o) {
  const table& t = m.recording;
  if (t.objective_count == 0) throw error("the model '" + m.name + "' has no objective; nothing can be learned.");
  if (o.out.empty()) o.out = m.name + ".safetensors";
  require_writable(o.out);
  train_options how;
  how.seed = o.seed;
  how.threads = o.threads;
  how.stages = stages_of(t);
  for_stages(o.steps, "--steps", how.stages, [](stage_entry& s, double v) {
    s.steps = whole(v, 0, "--steps");
    s.warm_up = std::min(s.warm_up, s.steps / 2);
  });
  for_stages(o.batch, "--batch", how.stages, [](stage_entry& s, double v) { s.batch = whole(v, 1, "--batch"); });
  set_methods(o.methods, how.stages);
  for_stages(o.redraw, "--redraw", how.stages, [](stage_entry& s, double v) { s.redraw = whole(v, 1, "--redraw"); });
  for_stages(o.rate, "--rate", how.stages, [](stage_entry& s, double v) {
    if (v <= 0) throw error("--rate must be positive.");
    s.rate = v;
  });
  for (const std::string& text : o.weights) {
    const auto [name, value] = name_and_value(text, "--weight");
    bool known = false;
    std::string names;
    for (int i = 0; i < t.objective_count; i++) {
      known = known || t.objectives[i].name.view() == name;
      names += (i ? ", " : "") + std::string(t.objectives[i].name.view());
    }
    if (!known) throw error("--weight " + name + ": the model has no such objective; it has: " + names + ".");
    how.weights[name] = number_of(value, "--weight " + name);
  }
  how.constants = constants_of(t, o.constants);
  how.validate_every = o.validate_every;
  how.keep_best = !o.last;
  how.checkpoint = o.checkpoint.empty() ? sibling(o.out, ".checkpoint.safetensors") : o.checkpoint;
  how.checkpoint_seconds = o.checkpoint_seconds;
  how.resume = o.resume;
  how.history = o.history.empty() ? sibling(o.out, ".losses.csv") : o.history;
  if (o.resume && !file_exists(how.checkpoint)) throw error("--resume: there is no checkpoint " + how.checkpoint + ".");
  data_sets sets(t);
  if (!o.start.empty()) {
    const parameter_set start = load_parameters(o.start, t);
    how.start = start.values;
    if (start.metadata.count("transform")) sets.keep_transform(fitted_transform::from_metadata(start.metadata, t.d));
  }
  bind_data(sets, o.data);
  sets.prepare();

  how.interrupt = &set_by_interrupts();
  console_progress bar;
  progress silent;
  progress& reports = o.quiet ? silent : static_cast<progress&>(bar);
  const bool single = is_float(o.precision);
  const train_result r = single ? train<float>(m, how, sets, reports) : train<double>(m, how, sets, reports);
  if (r.interrupted) {
    std::fprintf(stderr, "%s train: interrupted; go on with --resume (checkpoint %s).\n", m.name.c_str(), how.checkpoint.c_str());
    return 130;
  }
  save_parameters(o.out, t, {r.parameters, r.metadata}, single ? precision::f32 : precision::f64);

  json figures;
  figures["model"] = m.name;
  figures["parameters"] = o.out;
  figures["checkpoint"] = how.checkpoint;
  figures["losses"] = how.history;
  figures["seed"] = o.seed;
  figures["precision"] = single ? "float" : "double";
  figures["seconds"] = r.seconds;
  figures["stages"] = json::array();
  for (const stage_result& s : r.stages) {
    figures["stages"].push_back({{"name", s.name},
                                 {"steps", s.steps},
                                 {"best_step", s.best_step},
                                 {"best_loss", finite_or_null(s.best_loss)},
                                 {"seconds", s.seconds}});
    std::printf("stage %s: %llu steps, best validation loss %.6g at step %llu, %.1f s\n", s.name.c_str(),
                (unsigned long long)s.steps, s.best_loss, (unsigned long long)s.best_step, s.seconds);
  }
  std::printf("parameters: %s\nlosses: %s\n", o.out.c_str(), how.history.c_str());
  write_json(o.json_file, figures);
  return 0;
}

}  // namespace

setup train(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    declare_data_flags(line, o->data);
    line.option("--seed", o->seed, "of the initial parameters, batches, samples");
    line.option("--steps", o->steps, "NUMBER or STAGE=NUMBER, instead of the model's");
    line.option("--batch", o->batch, "NUMBER or STAGE=NUMBER, instead of the model's");
    line.option("--rate", o->rate, "largest learning rate, NUMBER or STAGE=NUMBER, instead of the model's");
    line.option("--method", o->methods, "adam, lbfgs or levenberg-marquardt, METHOD or STAGE=METHOD, instead of the model's");
    line.option("--redraw", o->redraw, "steps on the same samples, NUMBER or STAGE=NUMBER; not of Adam");
    line.option("--weight", o->weights, "OBJECTIVE=NUMBER, instead of the model's; may be repeated");
    line.option("--constant", o->constants, "NAME=NUMBER; may be repeated");
    line.option("--precision", o->precision, "float or double");
    line.option("--threads", o->threads, "0: all; the digits do not depend on it");
    line.option("--start", o->start, "parameters to start from, safetensors");
    line.option("--out", o->out, "learned parameters; default NAME.safetensors");
    line.option("--checkpoint", o->checkpoint, "default: the name of --out, ending in .checkpoint.safetensors");
    line.option("--checkpoint-seconds", o->checkpoint_seconds, "between checkpoints");
    line.option("--losses", o->history, "default: the name of --out, ending in .losses.csv");
    line.option("--validate-every", o->validate_every, "steps");
    line.flag("--keep-last", o->last, "end with the last parameters instead of the best by validation loss");
    line.flag("--resume", o->resume, "go on from the checkpoint");
    line.flag("--quiet", o->quiet, "no progress");
    line.option("--json", o->json_file, "write the stages' figures to this file");
    return [o, &program] { return run_training(program.model(), *o); };
  };
}

}  // namespace dimwise::commands
