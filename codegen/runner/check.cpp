// codegen/runner/check.cpp: the command `check`: the user's proof that the compiled kernels compute what was written.
#include <cstdio>
#include <memory>
#include <unistd.h>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/json_file.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/oracle/check.hpp"

namespace dimwise::commands {
namespace {

struct options {
  std::string parameters, precision = "both", json_file;
  std::uint64_t seed = 1;
  int samples = 4, entries = 50;
  bool all = false;
};

int run_check(const compiled_model& m, const options& o) {
  check_options how;
  how.seed = o.seed;
  how.samples = o.samples;
  how.gradient_entries = o.entries;
  if (o.samples < 1) throw error("--samples must be at least 1.");
  if (o.entries < 1) throw error("--entries must be at least 1.");
  const chosen_precisions chosen = precisions_of(o.precision);
  how.in_float = chosen.in_float, how.in_double = chosen.in_double;
  if (isatty(2)) {
    // A line that is overwritten: what was compared last.
    how.progress = [](const check_record& r) { std::fprintf(stderr, "\r%-78.78s\r", (r.name + " " + r.quantity).c_str()); };
  }
  const std::vector<double> parameters =
      o.parameters.empty() ? draw_parameters(m.recording, o.seed) : load_parameters(o.parameters, m.recording).values;
  const std::vector<check_record> records = check(m, parameters, how);
  json list = json::array();
  for (const check_record& r : records)
    list.push_back({{"name", r.name},
                    {"quantity", r.quantity},
                    {"order", r.order},
                    {"precision", r.precision},
                    {"max_relative_error", finite_or_null(r.max_relative_error)},
                    {"bound", r.bound},
                    {"ok", r.ok}});
  write_json(o.json_file, list);
  if (isatty(2)) std::fprintf(stderr, "%78s\r", "");
  std::printf("%s", o.all ? "" : to_text(records).c_str());
  if (o.all)
    for (const check_record& r : records) std::printf("%s\n", to_text(r).c_str());
  return all_ok(records) ? 0 : 1;
}

}  // namespace

setup check(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--parameters", o->parameters, "safetensors file; without it random ones of --seed");
    line.option("--seed", o->seed, "of the samples and entries that are compared");
    line.option("--samples", o->samples, "samples for values");
    line.option("--entries", o->entries, "entries of each tensor for gradients");
    line.option("--precision", o->precision, "both, double or float");
    line.flag("--all", o->all, "print every record, also each tensor's gradient");
    line.option("--json", o->json_file, "write the records to this file");
    return [o, &program] { return run_check(program.model(), *o); };
  };
}

}  // namespace dimwise::commands
