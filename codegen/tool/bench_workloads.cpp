// codegen/tool/bench_workloads.cpp: see bench_workloads.hpp.
#include "codegen/tool/bench_workloads.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/support/process.hpp"
#include "codegen/support/scratch_folder.hpp"
#include "codegen/tool/bench_peers.hpp"
#include "codegen/tool/roofline.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;
namespace {

/// Some variants on batches of one size.
struct batch {
  std::vector<std::string> variants;
  int (*samples)(int d);
  int at_k = -1;  ///< the only order that has these variants; -1: every one
};
// What the definition of a workload fixes besides its formulas.
struct workload {
  const char *name, *file, *unit, *value_variant, *precision;
  std::vector<int> d, k;  ///< k empty: the file has one form
  std::vector<batch> batches;
  const char* definition = "";  ///< a macro for the file
  bool own_bench = false;       ///< the file's command bench knows its variants and units, and nothing of other workloads
  int least_d = 1;
};

int one(int) { return 1; }
int one_vector(int) { return 16; }
int four_vectors(int) { return 64; }
int of_step(int) { return 1024; }
int of_system(int d) { return d <= 16 ? 1 : 64; }
int of_flow(int d) { return d <= 2 ? 1024 : 64; }
int of_sweep(int d) { return d <= 128 ? 4096 : 256; }

const std::vector<workload>& workloads() {
  const auto w1 = [](const char* name, const char* definition) -> workload {
    const batch rows{{"orders_to_k"}, [](int) { return 65536; }};
    return {name, "w1.cpp", "row", "orders_to_k", "float", {1}, {0, 1, 2, 3, 4}, {rows}, definition};
  };
  const auto w3 = [](const char* name, const char* file) -> workload {
    const std::vector<int> d = {2, 8, 32, 128, 512, 1024, 4096};
    return {name, file, "(sample, dimension)", "orders_to_k", "float", d, {0, 1, 2, 3, 4}, {{{"orders_to_k"}, of_sweep}}};
  };
  const std::vector<batch> w2 = {{{"orders_to_k"}, [](int) { return 2048; }}, {{"gradient"}, [](int) { return 512; }, 2}};
  const std::vector<batch> w5 = {{{"solve_gradient none", "solve_gradient exact", "solve_gradient hutchinson"}, of_flow},
                                 {{"solve_gradient full"}, one_vector}};
  const std::vector<batch> calls = {{{"orders_to_k"}, one}, {{"orders_to_k"}, one_vector}, {{"orders_to_k"}, four_vectors}};
  static const std::vector<workload> all = {
      w1("W1", ""),
      w1("W1-128", "DIMWISE_WIDTH=128"),
      w1("W1-256", "DIMWISE_WIDTH=256"),
      {"W2", "w2.cpp", "row", "orders_to_k", "double", {1}, {1, 2, 4}, w2},
      w3("W3", "w3.cpp"),
      w3("W3b", "w3b.cpp"),
      {"W4", "w4.cpp", "sample", "residual", "float", {8, 64}, {}, {{{"residual", "gradient", "adam_step"}, of_step}}},
      {"W5", "w5.cpp", "sample", "none", "float", {2, 8, 64}, {}, w5},
      {"W6", "solvers/stiff_relaxation.cpp", "solve", "", "double", {16, 64}, {}, {{{}, of_system}}, "", true, 2},
      {"W7", "w1.cpp", "call", "orders_to_k", "float", {1}, {2}, calls},
      {"W7b", "w3.cpp", "call", "orders_to_k", "float", {8}, {1}, calls},
  };
  return all;
}

// "a, b, c"
std::string listed(const auto& list, const auto& text_of) {
  std::string text;
  for (const auto& one : list) text += (text.empty() ? "" : ", ") + std::string(text_of(one));
  return text;
}
std::string listed(const std::vector<std::string>& list) {
  return listed(list, [](const std::string& text) { return text; });
}

// What is the same for all workloads.
void require_sense(const workload_request& request) {
  if (request.threads < 1) throw error("--threads must be at least 1.");
  if (request.samples && *request.samples < 1) throw error("--samples must be at least 1.");
  if (!(request.seconds > 0)) throw error("--seconds must be positive.");
  if (!request.precision.empty()) (void)precisions_of(request.precision);
  for (const std::string& file : {request.json_file, request.roofline})
    if (!file.empty()) require_writable(file);
}

// The peers that are to take part in `name` (empty: in all workloads that have some); says once which are not there.
std::vector<peer> wanted_peers(const workload_request& request, const std::string& name, const installation& where) {
  if (request.alone && !request.peers.empty()) throw error("--alone and --peer exclude each other.");
  if (request.alone) return {};
  std::vector<peer> all = known_peers(where.prefix, where.workloads / "peers"), chosen;
  const auto knows = [&](const peer& p) { return name.empty() || computes(p, name); };
  std::vector<std::string> unable, missing;
  for (const std::string& asked : request.peers) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const peer& p) { return p.name == asked; });
    if (found == all.end())
      throw error("--peer '" + asked + "' is unknown; there are " + listed(all, [](const peer& p) { return p.name; }) + ".");
    if (!knows(*found)) unable.push_back(asked);
    else if (found->command.empty())
      throw error("--peer '" + asked + "' is not installed; ./dimwise bench --peers of a checkout installs all peers.");
  }
  if (!unable.empty() && unable.size() == request.peers.size()) {
    std::vector<std::string> able;
    for (const peer& p : all)
      if (knows(p)) able.push_back(p.name);
    throw error("--peer: " + listed(unable) + (unable.size() > 1 ? " do" : " does") + " not compute " + name + "; " +
                (able.empty() ? "no peer does." : "these do: " + listed(able) + "."));
  }
  for (const peer& p : all) {
    if (!request.peers.empty() && std::find(request.peers.begin(), request.peers.end(), p.name) == request.peers.end()) continue;
    if (!knows(p)) continue;
    if (p.command.empty()) missing.push_back(p.name);
    else chosen.push_back(p);
  }
  if (!unable.empty()) std::printf("without the workload, so not compared: %s\n", listed(unable).c_str());
  if (!missing.empty())
    std::printf("not installed, so not compared: %s (./dimwise bench --peers installs them)\n", listed(missing).c_str());
  std::fflush(stdout);
  return chosen;
}

const workload& workload_of(const workload_request& request) {
  const auto found =
      std::find_if(workloads().begin(), workloads().end(), [&](const workload& w) { return w.name == request.workload; });
  if (found == workloads().end())
    throw error("--workload " + request.workload + " is unknown; there are " +
                listed(workloads(), [](const workload& w) { return w.name; }) + ".");
  return *found;
}

// Judges everything that can be judged before a model is compiled.
void require_sense(const workload_request& request, const workload& w) {
  const bool one_size = w.d.size() == 1;
  for (int d : request.d)
    if (one_size ? d != w.d[0] : d < w.least_d)
      throw error("--d " + std::to_string(d) + ": " + w.name +
                  " has d = " + (one_size ? std::to_string(w.d[0]) + "." : std::to_string(w.least_d) + " or more."));
  for (int k : request.k)
    if (w.k.empty() || std::find(w.k.begin(), w.k.end(), k) == w.k.end())
      throw error(
          "--k " + std::to_string(k) + ": " + w.name +
          (w.k.empty() ? " has no orders to choose." : " has k = " + listed(w.k, [](int n) { return std::to_string(n); }) + "."));
  if ((!request.lambda.empty() || !request.rho.empty()) && !w.own_bench) throw error("--lambda and --rho are for W6.");
  for (const auto& [flag, list] : {std::pair("--lambda ", &request.lambda), std::pair("--rho ", &request.rho)})
    for (const std::string& text : *list)
      if (!(as_number(text).value_or(0) > 0)) throw error(flag + text + ": a positive number is needed.");
  require_sense(request);
  if (w.own_bench && !request.roofline.empty())
    throw error("--roofline: " + std::string(w.name) + " counts solves, which have no place below the roofs.");
  if (w.own_bench && !request.precision.empty() && request.precision != w.precision)
    throw error("--precision " + request.precision + ": " + w.name + " is in " + w.precision + " precision.");
}

// The command that measures a batch with the binary of a workload, and writes its rows to `figures`.
std::vector<std::string> command_for(const workload& w, const workload_request& request, const batch& part, int d, int k,
                                     const fs::path& binary, const fs::path& figures) {
  std::vector<std::string> command = {binary.string(), "bench",
                                      "--workload",    w.name,
                                      "--samples",     std::to_string(request.samples.value_or(part.samples(d))),
                                      "--threads",     std::to_string(request.threads),
                                      "--seconds",     std::to_string(request.seconds),
                                      "--json",        figures.string()};
  if (!w.own_bench)
    command.insert(command.end(), {"--unit", w.unit, "--value-variant", w.value_variant, "--precision",
                                   request.precision.empty() ? w.precision : request.precision});
  for (const std::string& lambda : request.lambda) command.insert(command.end(), {"--lambda", lambda});
  for (const std::string& rho : request.rho) command.insert(command.end(), {"--rho", rho});
  for (const std::string& variant : part.variants) command.insert(command.end(), {"--variant", variant});
  if (k >= 0) command.insert(command.end(), {"--k", std::to_string(k)});
  return command;
}

// The rows of one workload, added to `rows`; `finished` is called after each size. Returns the exit status.
int measure(const workload& w, const workload_request& request, const installation& where, const std::vector<peer>& peers,
            json& rows, const std::function<void()>& finished) {
  const fs::path source = where.workloads / w.file;
  if (!fs::exists(source))
    throw error("the model of " + std::string(w.name) + " is not at " + source.string() + "; install dimwise again.");

  const std::vector<int> sizes = request.d.empty() ? w.d : request.d;
  const std::vector<int> orders = request.k.empty() ? (w.k.empty() ? std::vector<int>{-1} : w.k) : request.k;
  bool differs = false;
  const scratch_folder folder;
  const fs::path figures = folder.place() / "figures.json";
  for (int d : sizes)
    for (int k : orders) {
      build_request build;
      build.source = source;
      build.definitions = {"DIMWISE_D=" + std::to_string(d)};
      if (k >= 0) build.definitions.push_back("DIMWISE_K=" + std::to_string(k));
      if (*w.definition) build.definitions.push_back(w.definition);
      build.compiler = request.compiler;
      build.march = request.march;
      const build_result built = build_model(build, where);
      std::printf("%s, d = %d%s: %.2f MB of object code", w.name, d, k >= 0 ? (", k = " + std::to_string(k)).c_str() : "",
                  double(built.object_bytes) * 1e-6);
      if (built.compiled) std::printf(", compiled in %.1f s", built.seconds);
      std::printf("\n");
      std::fflush(stdout);
      for (const batch& part : w.batches) {
        if (part.at_k >= 0 && k != part.at_k) continue;
        const int code = run_attached(command_for(w, request, part, d, k, built.binary, figures));
        if (code != 0) return code;
        for (auto& row : json::parse(read_file(figures.string()))) {
          row["object_bytes"] = built.object_bytes;
          row["compile_seconds"] = built.compiled ? json(built.seconds) : json();
          contest c{w.name, row["variant"], w.value_variant, row["precision"], w.unit};
          c.d = d;
          c.k = row["k"];
          c.threads = request.threads;
          c.samples = row["samples"];
          c.units = std::string(w.unit) == "(sample, dimension)" ? d : std::string(w.unit) == "call" ? 1.0 / c.samples : 1;
          c.seconds = request.seconds;
          c.own_ns = row["ns"];
          c.isa = row["isa"];
          c.compiler = row["compiler"];
          if (row["share"].is_number()) c.own_share = row["share"];
          if (row["peak_gflops"].is_number()) c.peak_gflops = row["peak_gflops"];
          rows.push_back(std::move(row));
          for (auto& one : run_contest(c, built.binary, peers, where.prefix / "peers" / "blocks.json", differs))
            rows.push_back(std::move(one));
          if (request.threads == 2 && (c.workload == "W3" || c.workload == "W3b" || c.workload == "W4"))
            for (auto& one : compare_threads(c, built.binary, differs)) rows.push_back(std::move(one));
        }
      }
      finished();
    }
  return differs ? 1 : 0;
}

}  // namespace

int bench_workload(const workload_request& request, const installation& where) {
  const workload& w = workload_of(request);
  require_sense(request, w);
  json rows = json::array();
  const int code =
      measure(w, request, where, wanted_peers(request, w.name, where), rows, [&] { write_json(request.json_file, rows); });
  if (!request.roofline.empty() && !rows.empty()) draw_roofline(rows, copy_rate(), request.roofline);
  return code;
}

int bench_against_peers(const workload_request& request, const installation& where) {
  const std::vector<std::pair<const char*, std::vector<int>>> sizes = {{"W1", {}},     {"W2", {}}, {"W3", {128}}, {"W4", {}},
                                                                       {"W5", {2, 8}}, {"W7", {}}, {"W7b", {}}};
  if (!request.d.empty() || !request.k.empty()) throw error("--d and --k choose sizes of one workload: name it with --workload.");
  if (!request.lambda.empty() || !request.rho.empty()) throw error("--lambda and --rho are for W6, which has no peers.");
  require_sense(request);
  const std::vector<peer> peers = wanted_peers(request, "", where);
  json rows = json::array();
  int code = 0;
  for (const auto& [name, d] : sizes) {
    workload_request one = request;
    one.workload = name, one.d = d;
    code = std::max(code, measure(workload_of(one), one, where, peers, rows, [&] { write_json(request.json_file, rows); }));
  }
  if (!request.roofline.empty()) draw_roofline(rows, copy_rate(), request.roofline);
  return code;
}

}  // namespace dimwise::tool
