// codegen/runner/runner.cpp: see runner.hpp.
#include "dimwise/runner.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>

#include "codegen/runner/commands.hpp"
#include "dimwise/io/atomic_file.hpp"

namespace dimwise {
namespace {

class cli_line final : public command_line {
 public:
  explicit cli_line(CLI::App& app) : app_(app) {}
  void option(const std::string& n, std::string& t, const std::string& h, bool r) override { add(n, t, h, r); }
  void option(const std::string& n, double& t, const std::string& h, bool r) override { add(n, t, h, r); }
  void option(const std::string& n, int& t, const std::string& h, bool r) override { add(n, t, h, r); }
  void option(const std::string& n, std::uint64_t& t, const std::string& h, bool r) override { add(n, t, h, r); }
  void option(const std::string& n, std::vector<std::string>& t, const std::string& h, bool r) override {
    app_.add_option(n, t, h)->required(r)->expected(1)->take_all()->allow_extra_args(false);
  }
  void flag(const std::string& n, bool& t, const std::string& h) override { app_.add_flag(n, t, h); }

 private:
  template <class T>
  void add(const std::string& name, T& target, const std::string& help, bool required) {
    CLI::Option* o = app_.add_option(name, target, help)->required(required);
    if constexpr (std::is_same_v<T, std::string>) {
      if (!target.empty()) o->capture_default_str();
    } else {
      o->capture_default_str();
    }
  }
  CLI::App& app_;
};

struct command {
  std::string name, help;
  commands::setup setup;
};

// The last part of a path.
std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

struct runner::state {
  compiled_model model;
  machine_peaks peaks;
  std::vector<command> commands;
};

runner::runner(compiled_model model, machine_peaks peaks) : state_(std::make_unique<state>()) {
  state_->model = std::move(model);
  state_->peaks = peaks;
  add("info", "equations, inputs, parameters, what was inferred, cost", commands::info(*this));
  add("eval", "evaluate the model on arrays", commands::eval(*this));
  add("train", "learn the parameters from data", commands::train(*this));
  add("simulate", "simulate the stochastic differential equation", commands::simulate(*this));
  add("solve", "solve the ordinary differential equation", commands::solve(*this));
  add("flow", "fit a continuous normalizing flow, draw from it, compute log densities", commands::flow(*this));
  add("check", "compare the kernels with a 50-digit oracle", commands::check(*this));
  add("bench", "time the kernels", commands::bench(*this));
  add("tune", "measure register tiles on this machine and remember them", commands::tune(*this));
  add("report", "write a page with equations, losses, pictures", commands::report(*this));
}

runner::~runner() = default;
const compiled_model& runner::model() const { return state_->model; }
const machine_peaks& runner::peaks() const { return state_->peaks; }

void runner::add(const std::string& name, const std::string& help, std::function<std::function<int()>(command_line&)> setup) {
  for (command& c : state_->commands)
    if (c.name == name) {
      c = {name, help, std::move(setup)};
      return;
    }
  state_->commands.push_back({name, help, std::move(setup)});
}

int runner::run(int argc, char** argv) {
  const std::string program = argc > 0 ? base_name(argv[0]) : state_->model.name;
  CLI::App app("The binary of the model '" + state_->model.name + "'.", program);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& e) { return std::string(e.what()) + "\n"; });
  std::string chosen = program;
  std::function<int()> action;
  std::vector<std::pair<CLI::App*, std::function<int()>>> actions;
  for (const command& c : state_->commands) {
    CLI::App* sub = app.add_subcommand(c.name, c.help);
    cli_line line(*sub);
    actions.emplace_back(sub, c.setup(line));
  }
  if (argc > 1 && argv[1][0] != '-' &&
      std::none_of(actions.begin(), actions.end(), [&](const auto& a) { return a.first->get_name() == argv[1]; })) {
    std::fprintf(stderr, "%s: there is no command '%s'. See %s --help.\n", program.c_str(), argv[1], program.c_str());
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& wrong) {
    for (const auto& [sub, unused] : actions)
      if (sub->parsed()) chosen = program + " " + sub->get_name();
    std::fprintf(stderr, "%s: %s. See %s --help.\n", chosen.c_str(), wrong.what(), chosen.c_str());
    return 2;
  }
  for (const auto& [sub, act] : actions) {
    if (!sub->parsed()) continue;
    try {
      // A command writes its figures at the end: what may take hours is not begun where they have no place to go.
      const CLI::Option* figures = sub->get_option_no_throw("--json");
      if (figures && figures->count() > 0) require_writable(figures->as<std::string>());
      return act();
    } catch (const std::bad_alloc&) {
      std::fflush(stdout);
      std::fprintf(stderr, "%s %s: there is not enough memory.\n", program.c_str(), sub->get_name().c_str());
      return 1;
    } catch (const std::exception& problem) {
      std::fflush(stdout);
      std::fprintf(stderr, "%s %s: %s\n", program.c_str(), sub->get_name().c_str(), problem.what());
      return 1;
    }
  }
  return 2;
}

int run(compiled_model model, int argc, char** argv, machine_peaks peaks) {
  return runner(std::move(model), peaks).run(argc, argv);
}

}  // namespace dimwise
