// codegen/main.cpp: the dimwise program: makes, compiles and runs models.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <unistd.h>

#include "codegen/support/process.hpp"
#include "codegen/tool/bench_workloads.hpp"
#include "codegen/tool/installation.hpp"
#include "codegen/tool/model_build.hpp"
#include "codegen/tool/new_model.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise_layout.hpp"

namespace {

using namespace dimwise::tool;

struct model_flags {
  std::string file, output, compiler, march;
  std::vector<std::string> definitions, rest;
};

void declare(CLI::App& command, model_flags& f, bool needs_file) {
  auto* file = command.add_option("FILE", f.file, "model file (.cpp)");
  if (needs_file) file->required();
  command.add_option("--compiler", f.compiler, "default: $CXX, or g++");
  command.add_option("--march", f.march, "instruction set of the kernels; default: " + std::string(layout::march));
  command.add_option("-D", f.definitions, "macro for the model file, NAME=VALUE; may be repeated")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

build_result built(const model_flags& f) {
  build_request request;
  request.source = f.file;
  request.definitions = f.definitions;
  request.compiler = f.compiler;
  request.march = f.march;
  const build_result result = build_model(request, find_installation());
  if (result.compiled && isatty(2)) std::fprintf(stderr, "compiled %s in %.1f s\n", f.file.c_str(), result.seconds);
  return result;
}

// The binary takes over this process, so that signals and the exit status are its own.
int hand_over(const build_result& result, const std::string& command, const std::vector<std::string>& rest) {
  std::vector<std::string> words = {result.binary.string()};
  if (!command.empty()) words.push_back(command);
  words.insert(words.end(), rest.begin(), rest.end());
  std::vector<char*> raw;
  for (std::string& w : words) raw.push_back(w.data());
  raw.push_back(nullptr);
  std::fflush(nullptr);
  execv(raw[0], raw.data());
  std::fprintf(stderr, "dimwise: %s cannot be run.\n", raw[0]);
  return 126;
}

// The lines of the model file that the compiler's messages name, as they stand there.
std::string named_lines(const std::string& output, const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> source;
  for (std::string line; std::getline(in, line);) source.push_back(line);
  std::vector<std::size_t> named;
  for (std::size_t at = output.find(file + ":"); at != std::string::npos && named.size() < 3;
       at = output.find(file + ":", at + 1)) {
    const std::size_t number = std::strtoul(output.c_str() + at + file.size() + 1, nullptr, 10);
    if (number >= 1 && number <= source.size() && std::find(named.begin(), named.end(), number) == named.end())
      named.push_back(number);
  }
  std::string text;
  for (std::size_t number : named)
    text += "  " + file + ":" + std::to_string(number) + ": " +
            source[number - 1].substr(std::min(source[number - 1].size(), source[number - 1].find_first_not_of(' '))) + "\n";
  return text;
}

// A refused model is recorded once more, at run time, where the path to the refused operation can be shown. 1, as for every
// refusal.
int explain_refusal(const model_flags& f, const compile_error& refused) {
  build_request request;
  request.source = f.file;
  request.definitions = f.definitions;
  request.definitions.push_back("DIMWISE_DIAGNOSE");
  request.compiler = f.compiler;
  request.march = f.march;
  std::string explanation;
  try {
    const process_result run = run_captured({build_model(request, find_installation()).binary.string()});
    if (run.code == 4) explanation = run.output;
  } catch (const compile_error&) {
    // what is wrong is not a matter of the recording: the compiler's own words
  }
  if (explanation.empty()) throw refused;
  std::fprintf(stderr, "%s is refused:\n%s\n%s", f.file.c_str(), named_lines(refused.output, f.file).c_str(),
               explanation.c_str());
  return 1;
}

// Flags of `bench` before the file would be those of a workload, and lost.
void require_no_workload_flags(const CLI::App& bench, const std::string& file) {
  for (const CLI::Option* option : bench.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || option->get_positional() || name == "--compiler" || name == "--march" || name == "-D") continue;
    if (name == "--workload" || name == "--peers")
      throw dimwise::error("bench measures a model file or the standard workloads: " + file + " and " + name +
                           " exclude each other.");
    throw dimwise::error(name + " stands behind the file: dimwise bench " + file + " " + name + " ...");
  }
}

int build_only(const model_flags& f) {
  if (!f.output.empty()) dimwise::require_writable(f.output);
  const build_result result = built(f);
  std::filesystem::path place = result.binary;
  if (!f.output.empty()) {
    // Read and written whole: a program that is running under that name goes on, and an interruption leaves no part of one.
    dimwise::write_file_atomically(f.output, dimwise::read_file(result.binary.string()));
    std::filesystem::permissions(f.output, std::filesystem::status(result.binary).permissions());
    place = f.output;
  }
  std::printf("%s: %s\n", result.compiled ? "compiled" : "unchanged", place.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compiles stochastic models, flows and PDEs written in C++ into specialised binaries.", "dimwise");
  app.set_version_flag("--version", layout::version);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& e) { return std::string(e.what()) + "\n"; });
  app.footer("From a checkout, ./dimwise also knows: demo (learn the weather of Seattle and show it), test [--all].");

  std::function<int()> action;
  std::string name;
  CLI::App* make = app.add_subcommand("new", "write a commented model NAME.cpp and data for it");
  make->add_option("NAME", name, "name of the model")->required();
  make->callback([&] { action = [&] { return new_model(name), 0; }; });

  model_flags flags;
  CLI::App* build = app.add_subcommand("build", "compile a model file; an unchanged one is not compiled again");
  declare(*build, flags, true);
  build->add_option("-o,--output", flags.output, "copy the binary to this place");
  build->callback([&] { action = [&] { return build_only(flags); }; });

  // The commands of a model's binary, and `run` for all of them and those that an application adds.
  std::vector<std::pair<std::string, std::string>> through = {
      {"run", "compile, then run the binary: run FILE.cpp COMMAND ..."},
      {"info", "equations, inputs, parameters, cost"},
      {"eval", "evaluate on arrays"},
      {"train", "learn from data"},
      {"simulate", "simulate the learned equation"},
      {"solve", "solve the ordinary differential equation, write a table"},
      {"flow", "fit a continuous normalizing flow, draw from it"},
      {"check", "compare the kernels with a 50-digit oracle; explain at length why a model is refused"},
      {"bench", "time the kernels of FILE.cpp, or of a standard workload (--workload W4)"},
      {"tune", "measure the register tiles of FILE.cpp's products on this machine and remember them"},
      {"report", "write a page about what was learned"}};
  workload_request workload;
  bool all_peers = false;
  for (const auto& [command, help] : through) {
    CLI::App* sub = app.add_subcommand(command, help + "; what stands behind FILE goes to the binary");
    declare(*sub, flags, command != "bench");
    if (command == "bench") {
      sub->add_option("--workload", workload.workload,
                      "W1, W1-128, W1-256, W2, W3, W3b, W4, W5, W6, W7 or W7b instead of a file");
      sub->add_option("--d", workload.d, "sizes of the workload, e.g. 8 or 2,8,32")->delimiter(',');
      sub->add_option("--k", workload.k, "orders of the workload")->delimiter(',');
      sub->add_option("--lambda", workload.lambda, "of W6: the largest rate")->delimiter(',');
      sub->add_option("--rho", workload.rho, "of W6: what the diagonal leaves out")->delimiter(',');
      sub->add_option("--threads", workload.threads, "threads");
      sub->add_option("--samples", workload.samples, "samples of a call; default: as the workload says");
      sub->add_option("--seconds", workload.seconds, "spent on each figure");
      sub->add_option("--precision", workload.precision, "float, double or both; default: as the workload says");
      sub->add_option("--json", workload.json_file, "write the figures to this file");
      sub->add_option("--roofline", workload.roofline, "draw the figures below the roofs of the machine into this .png file");
      sub->add_option("--peer", workload.peers, "compare with this peer only, e.g. 'JAX expert'; may be repeated")
          ->expected(1)
          ->take_all()
          ->allow_extra_args(false);
      sub->add_flag("--alone", workload.alone, "do not compare with the peers that are installed");
      sub->add_flag("--peers", all_peers,
                    "all workloads that others are compared on; ./dimwise of a checkout installs the peers first");
    }
    sub->callback([&, chosen = command, sub] {
      action = [&, chosen, sub] {
        if (chosen == "bench" && !flags.file.empty()) require_no_workload_flags(*sub, flags.file);
        if (chosen == "bench" && flags.file.empty()) {
          workload.compiler = flags.compiler;
          workload.march = flags.march;
          if (workload.workload.empty() && all_peers) return bench_against_peers(workload, find_installation());
          if (workload.workload.empty()) throw dimwise::error("bench needs a model file, --workload or --peers.");
          return bench_workload(workload, find_installation());
        }
        if (chosen == "check") {
          try {
            return hand_over(built(flags), chosen, flags.rest);
          } catch (const compile_error& refused) {
            return explain_refusal(flags, refused);
          }
        }
        return hand_over(built(flags), chosen == "run" ? "" : chosen, flags.rest);
      };
    });
  }

  // What stands behind the model file is for the binary.
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool passes =
      !words.empty() && std::any_of(through.begin(), through.end(), [&](const auto& t) { return t.first == words[0]; });
  for (std::size_t i = 1; passes && i < words.size(); i++) {
    if (words[i] == "--compiler" || words[i] == "--march" || words[i] == "-D") {
      i++;
    } else if (words[i].rfind("-", 0) != 0) {
      flags.rest.assign(words.begin() + std::ptrdiff_t(i) + 1, words.end());
      if (!flags.rest.empty() && flags.rest[0] == "--") flags.rest.erase(flags.rest.begin());
      words.resize(i + 1);
    } else if (words[0] == "bench") {
      break;  // flags of a workload
    }
  }
  const std::vector<CLI::App*> known = app.get_subcommands([](const CLI::App*) { return true; });
  if (!words.empty() && words[0].rfind("-", 0) != 0 &&
      std::none_of(known.begin(), known.end(), [&](const CLI::App* c) { return c->get_name() == words[0]; })) {
    std::fprintf(stderr, "dimwise: there is no command '%s'. See dimwise --help.\n", words[0].c_str());
    return 2;
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants it

  stop_in_order();
  try {
    app.parse(words);
    return action();
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    std::fprintf(stderr, "dimwise: %s. See dimwise --help.\n", e.what());
    return 2;
  } catch (const compile_error& e) {
    std::fwrite(e.output.data(), 1, e.output.size(), stderr);
    return 1;
  } catch (const interrupted&) {
    std::fprintf(stderr, "dimwise: interrupted.\n");
    return 130;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dimwise: %s\n", e.what());
    return 1;
  }
}
