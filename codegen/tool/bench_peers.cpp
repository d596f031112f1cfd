// codegen/tool/bench_peers.cpp: see bench_peers.hpp.
#include "codegen/tool/bench_peers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

#include "codegen/support/process.hpp"
#include "codegen/support/scratch_folder.hpp"
#include "codegen/tool/peer_digits.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;
namespace {

struct side {
  std::string name;
  std::unique_ptr<conversation> program;
  json ready;
  double least = std::numeric_limits<double>::infinity(), spent = 0;
  int turns = 0;
};

std::string file_name(std::string name) {
  for (char& c : name)
    if (c == ' ' || c == '/' || c == '.') c = '_';
  return name;
}

std::string last_line(const fs::path& log) {
  std::string text = fs::exists(log) ? read_file(log.string()) : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const std::size_t cut = text.rfind('\n');
  return cut == std::string::npos ? text : text.substr(cut + 1);
}

// Starts a side and waits until it has computed once; throws where it did not.
side started(const std::string& name, const std::vector<std::string>& command, const fs::path& folder,
             const std::vector<int>& processors) {
  const fs::path log = folder / (file_name(name) + ".log");
  side s{name, std::make_unique<conversation>(command, log.string(), processors), {}};
  while (const auto line = s.program->hear()) {
    if (line->rfind("{\"ready\"", 0) != 0) continue;
    s.ready = json::parse(*line);
    return s;
  }
  const std::string why = last_line(log);
  throw error(name + " stopped before it had computed" + (why.empty() ? "." : ": " + why));
}

double answered(side& s) {
  const auto line = s.program->hear();
  char* end = nullptr;
  const double took = line ? std::strtod(line->c_str(), &end) : 0;
  if (!line || end == line->c_str() || !(took > 0)) throw error(s.name + " stopped while it was timed.");
  return took;
}

void take_turn(side& s, double seconds) {
  if (!s.program->say(std::to_string(seconds))) throw error(s.name + " stopped while it was timed.");
  const double took = answered(s);
  s.least = std::min(s.least, took);
  s.spent += std::max(seconds, 2 * took);
  s.turns++;
}

std::vector<int> processors_for(int threads) {
  std::vector<int> all = usable_processors();
  if (int(all.size()) > threads) all.erase(all.begin(), all.end() - threads);
  return all;
}

std::vector<std::string> own_command(const contest& c, const fs::path& binary, const fs::path& folder, int threads) {
  return {binary.string(),   "bench",
          "--beside",        folder.string(),
          "--variant",       c.variant,
          "--value-variant", c.value_variant,
          "--precision",     c.precision,
          "--samples",       std::to_string(c.samples),
          "--threads",       std::to_string(threads)};
}

json row(const contest& c, const std::string& name, double ns) {
  return {{"workload", c.workload},
          {"variant", c.variant},
          {"peer", name},
          {"d", c.d},
          {"k", c.k},
          {"precision", c.precision},
          {"threads", c.threads},
          {"samples", c.samples},
          {"ns", ns},
          {"unit", c.unit},
          {"share", nullptr},
          {"peak_gflops", finite_or_null(c.peak_gflops > 0 ? c.peak_gflops : NAN)},
          {"isa", c.isa},
          {"compiler", c.compiler}};
}

}  // namespace

bool computes(const peer& p, const std::string& workload, const std::string& variant) {
  return std::any_of(p.workloads.begin(), p.workloads.end(), [&](const std::string& known) {
    if (variant.empty()) return known.substr(0, known.find(' ')) == workload;
    return known == workload || known == workload + " " + variant;
  });
}

json run_contest(const contest& c, const fs::path& binary, const std::vector<peer>& peers, const fs::path& memory,
                 bool& differs) {
  std::vector<const peer*> present;
  for (const peer& p : peers)
    if (!p.command.empty() && computes(p, c.workload, c.variant)) present.push_back(&p);
  json rows = json::array();
  if (present.empty()) return rows;

  const scratch_folder folder;
  const std::vector<int> processors = processors_for(c.threads);
  std::vector<side> sides;
  sides.push_back(started("dimwise", own_command(c, binary, folder.place(), c.threads), folder.place(), processors));
  std::printf("  %s %s, d = %d, k = %d, %d samples: whole calls in turns, least of each\n", c.workload.c_str(), c.variant.c_str(),
              c.d, c.k, c.samples);
  std::fflush(stdout);
  for (const peer* p : present) {
    std::vector<std::string> command = p->command;
    command.insert(command.end(), {"--folder", folder.place().string(), "--name", file_name(p->name), "--workload", c.workload,
                                   "--variant", c.variant, "--d", std::to_string(c.d), "--k", std::to_string(c.k), "--precision",
                                   c.precision, "--threads", std::to_string(c.threads), "--blocks", memory.string()});
    try {
      sides.push_back(started(p->name, command, folder.place(), processors));
    } catch (const error& e) {
      std::printf("    %-26s %s\n", p->name.c_str(), e.what());
    }
  }
  const int rounds = 8;
  for (int i = 0; i < rounds; i++)
    for (side& s : sides)
      if (s.turns < 2 || s.spent < c.seconds) take_turn(s, c.seconds / rounds);

  const double own = sides[0].least;
  const auto as_ns = [&](double seconds) { return seconds / double(c.samples) / c.units * 1e9; };
  const double rate = c.own_share * c.own_ns;  // share times ns: the work
  for (const side& s : sides) {
    json one = row(c, s.name, as_ns(s.least));
    one["share"] = finite_or_null(rate > 0 ? rate / as_ns(s.least) : NAN);
    one["ratio"] = s.least / own;
    std::printf("    %-26s %12.1f ns per %s", s.name.c_str(), as_ns(s.least), c.unit.c_str());
    if (&s != &sides[0]) {
      const digits found = compare_digits(folder.place(), file_name(s.name), c.precision == "double");
      if (!found.same) differs = true;
      one["digits"] = finite_or_null(found.worst);
      one["same_digits"] = found.same;
      one["compiler"] = s.ready["ready"];
      for (const char* key : {"block", "compile_seconds"})
        if (s.ready.contains(key)) one[key] = s.ready[key];
      std::printf("  %7.2f times ours, %s", s.least / own, found.words.c_str());
    }
    std::printf("\n");
    rows.push_back(std::move(one));
  }
  std::fflush(stdout);
  return rows;
}

json compare_threads(const contest& c, const fs::path& binary, bool& differs) {
  const std::vector<int> processors = processors_for(2);
  if (processors.size() < 2)
    throw error("two threads cannot be compared with two processes: this process may use one processor only.");
  const scratch_folder folder;
  const auto place = [&](const char* name) {
    fs::create_directories(folder.place() / name);
    return folder.place() / name;
  };
  side both = started("two threads", own_command(c, binary, place("both"), 2), folder.place(), processors);
  side first = started("the first process", own_command(c, binary, place("first"), 1), folder.place(), {processors[0]});
  side second = started("the second process", own_command(c, binary, place("second"), 1), folder.place(), {processors[1]});
  const int rounds = 8;
  for (int i = 0; i < rounds; i++) {
    take_turn(both, c.seconds / rounds);
    for (side* s : {&first, &second}) s->program->say(std::to_string(c.seconds / rounds));
    for (side* s : {&first, &second}) s->least = std::min(s->least, answered(*s));
  }
  const double side_by_side = 1 / (1 / first.least + 1 / second.least);  // seconds a call when two are at work
  const double reached = side_by_side / both.least;
  fs::rename(folder.place() / "first" / "dimwise", folder.place() / "both" / "one_thread");
  const bool same = identical_results(folder.place() / "both", "one_thread");
  if (!same) differs = true;
  contest two = c;
  two.threads = 2;
  const double scale = 1e9 / double(c.samples) / c.units;
  std::printf("  %s %s, d = %d, k = %d: two threads %.1f ns per %s, two processes side by side %.1f: %.3f of their rate, %s\n",
              c.workload.c_str(), c.variant.c_str(), c.d, c.k, both.least * scale, c.unit.c_str(), side_by_side * scale, reached,
              same ? "the same digits" : "OTHER DIGITS");
  json found = row(two, "two processes", side_by_side * scale);
  found["ratio"] = reached;
  found["same_digits"] = same;
  return json::array({std::move(found)});
}

}  // namespace dimwise::tool
