// codegen/tool/bench_workloads.cpp: see bench_workloads.hpp.
#include "codegen/tool/bench_workloads.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

#include "codegen/runner/json_file.hpp"
#include "codegen/support/process.hpp"
#include "codegen/tool/bench_peers.hpp"
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
      {"W6", "solvers/stiff_relaxation.cpp", "solve", "", "double", {16, 64}, {}, {{{}, of_system}}, "", true},
      {"W7", "w1.cpp", "call", "orders_to_k", "float", {1}, {2}, calls},
      {"W7b", "w3.cpp", "call", "orders_to_k", "float", {8}, {1}, calls},
  };
  return all;
}

std::string numbers(const std::vector<int>& list) {
  std::string text;
  for (int n : list) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return text;
}

// The peers that are to take part; says once which are not there.
std::vector<peer> wanted_peers(const workload_request& request, const installation& where) {
  if (request.alone) return {};
  std::vector<peer> all = known_peers(where.prefix, where.workloads / "peers"), chosen;
  for (const std::string& name : request.peers)
    if (std::none_of(all.begin(), all.end(), [&](const peer& p) { return p.name == name; })) {
      std::string names;
      for (const peer& p : all) names += (names.empty() ? "" : ", ") + p.name;
      throw error("--peer '" + name + "' is unknown; there are " + names + ".");
    }
  std::string missing;
  for (const peer& p : all) {
    if (!request.peers.empty() && std::find(request.peers.begin(), request.peers.end(), p.name) == request.peers.end()) continue;
    if (p.command.empty()) missing += (missing.empty() ? "" : ", ") + p.name;
    else chosen.push_back(p);
  }
  if (!missing.empty())
    std::printf("not installed, so not compared: %s (./dimwise bench --peers installs them)\n", missing.c_str());
  std::fflush(stdout);
  return chosen;
}

}  // namespace

int bench_workload(const workload_request& request, const installation& where) {
  const auto found =
      std::find_if(workloads().begin(), workloads().end(), [&](const workload& w) { return w.name == request.workload; });
  if (found == workloads().end()) {
    std::string names;
    for (const workload& w : workloads()) names += (names.empty() ? "" : ", ") + std::string(w.name);
    throw error("--workload " + request.workload + " is unknown; there are " + names + ".");
  }
  const workload& w = *found;
  for (int d : request.d)
    if (d < 1 || (w.d == std::vector<int>{1} && d != 1))
      throw error("--d " + std::to_string(d) + ": " + w.name + " has d = " + (w.d == std::vector<int>{1} ? "1." : "1 or more."));
  for (int k : request.k)
    if (w.k.empty() || std::find(w.k.begin(), w.k.end(), k) == w.k.end())
      throw error("--k " + std::to_string(k) + ": " + w.name +
                  (w.k.empty() ? " has no orders to choose." : " has k = " + numbers(w.k) + "."));
  if ((!request.lambda.empty() || !request.rho.empty()) && !w.own_bench) throw error("--lambda and --rho are for W6.");
  if (w.own_bench && !request.precision.empty() && request.precision != w.precision)
    throw error("--precision " + request.precision + ": " + w.name + " is in " + w.precision + " precision.");
  const fs::path source = where.workloads / w.file;
  if (!fs::exists(source))
    throw error("the model of " + std::string(w.name) + " is not at " + source.string() + "; install dimwise again.");

  const std::vector<int> sizes = request.d.empty() ? w.d : request.d;
  const std::vector<int> orders = request.k.empty() ? (w.k.empty() ? std::vector<int>{-1} : w.k) : request.k;
  const std::vector<peer> peers = w.own_bench ? std::vector<peer>{} : wanted_peers(request, where);
  bool differs = false;
  json all = json::array();
  const fs::path figures = fs::temp_directory_path() / ("dimwise-bench-" + std::to_string(getpid()) + ".json");
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
        std::vector<std::string> command = {built.binary.string(),
                                            "bench",
                                            "--workload",
                                            w.name,
                                            "--samples",
                                            std::to_string(request.samples > 0 ? request.samples : part.samples(d)),
                                            "--threads",
                                            std::to_string(request.threads),
                                            "--seconds",
                                            std::to_string(request.seconds),
                                            "--json",
                                            figures.string()};
        if (!w.own_bench)
          command.insert(command.end(), {"--unit", w.unit, "--value-variant", w.value_variant, "--precision",
                                         request.precision.empty() ? w.precision : request.precision});
        for (const std::string& lambda : request.lambda) command.insert(command.end(), {"--lambda", lambda});
        for (const std::string& rho : request.rho) command.insert(command.end(), {"--rho", rho});
        for (const std::string& variant : part.variants) command.insert(command.end(), {"--variant", variant});
        if (k >= 0) command.insert(command.end(), {"--k", std::to_string(k)});
        const int code = run_attached(command);
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
          all.push_back(std::move(row));
          for (auto& one : run_contest(c, built.binary, peers, where.prefix / "peers" / "blocks.json", differs))
            all.push_back(std::move(one));
          if (request.threads == 2 && (c.workload == "W3" || c.workload == "W3b" || c.workload == "W4"))
            for (auto& one : compare_threads(c, built.binary, differs)) all.push_back(std::move(one));
        }
        fs::remove(figures);
      }
    }
  write_json(request.json_file, all);
  return differs ? 1 : 0;
}

int bench_against_peers(const workload_request& request, const installation& where) {
  const std::vector<std::pair<const char*, std::vector<int>>> sizes = {{"W1", {}},     {"W2", {}}, {"W3", {128}}, {"W4", {}},
                                                                       {"W5", {2, 8}}, {"W7", {}}, {"W7b", {}}};
  const std::string part = request.json_file.empty() ? "" : request.json_file + ".part";
  json all = json::array();
  int code = 0;
  for (const auto& [name, d] : sizes) {
    workload_request one = request;
    one.workload = name;
    if (one.d.empty()) one.d = d;
    one.json_file = part;
    code = std::max(code, bench_workload(one, where));
    if (part.empty()) continue;
    for (auto& row : json::parse(read_file(part))) all.push_back(std::move(row));
    fs::remove(part);
  }
  write_json(request.json_file, all);
  return code;
}

}  // namespace dimwise::tool
