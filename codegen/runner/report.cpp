// codegen/runner/report.cpp: the command `report`: one page about a model and what it has learned.
#include "dimwise/report.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/data_flags.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/runner/panels.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/oracle/check.hpp"

namespace dimwise::commands {
namespace fs = std::filesystem;
namespace {

struct options {
  data_flags data;
  std::string parameters, losses, out, json_file, t0, t1, dt;
  std::vector<std::string> constants;
  std::uint64_t seed = 0;
  bool no_check = false;
};

// The span of time: what the flags say, or that of the data, or that of the model's sets.
std::pair<double, double> span_of(const table& t, const options& o, const data_rows* data) {
  double low = 0, high = 1;
  for (int i = 0; i < t.set_count; i++)
    if (!is_rows(t.sets[i].source) && t.sets[i].source != sample_source::jittered) {
      low = t.sets[i].t0;
      high = t.sets[i].t1;
    }
  if (data && !data->time.empty()) {
    const auto [a, b] = std::minmax_element(data->time.begin(), data->time.end());
    low = *a;
    high = *b;
  }
  if (!o.t0.empty()) low = number_of(o.t0, "--t0");
  if (!o.t1.empty()) high = number_of(o.t1, "--t1");
  if (!(high > low)) throw error("--t1 must be larger than --t0.");
  return {low, high};
}

void add_check(report_page& page, const compiled_model& m, const std::vector<double>& parameters) {
  const std::vector<check_record> records = check(m, parameters);
  std::vector<std::vector<std::string>> rows;
  std::size_t bad = 0;
  for (const check_record& r : records)
    rows.push_back({r.name, r.quantity, r.quantity == "D" ? std::to_string(r.order) : "", r.precision,
                    short_number(r.max_relative_error), short_number(r.bound), r.ok ? "ok" : "BROKEN"});
  for (const check_record& r : records) bad += !r.ok;
  page.heading("Check against 50 digits");
  page.paragraph("The compiled kernels against an independent evaluation of the recorded formulas in 50-digit arithmetic. " +
                 std::to_string(bad) + " of " + std::to_string(records.size()) + " quantities break their bound.");
  page.rows("worst relative errors", {"name", "quantity", "order", "precision", "error", "bound", ""}, rows);
}

int write_report(const compiled_model& m, options o) {
  const table& t = m.recording;
  if (o.out.empty()) o.out = m.name + "-report";
  const parameter_set parameters = parameters_of(t, o.parameters, o.seed);
  if (o.losses.empty() && !o.parameters.empty()) {
    const std::string tail = ".safetensors", guess = o.parameters.substr(0, o.parameters.rfind(tail)) + ".losses.csv";
    if (file_exists(guess)) o.losses = guess;
  }
  std::unique_ptr<data_rows> data;
  if (!o.data.data.empty()) {
    data_sets sets(t);
    bind_data(sets, o.data);
    for (int i = 0; i < t.set_count && !data; i++)
      if (sets.at(i).bound) data = std::make_unique<data_rows>(sets.at(i).data);
  }
  const auto [t0, t1] = span_of(t, o, data.get());
  const double dt = o.dt.empty() ? (t1 - t0) / 500 : number_of(o.dt, "--dt");
  if (!(dt > 0)) throw error("--dt must be positive.");

  // Everything is made in a folder beside the wanted one, so that a failure leaves nothing half-written.
  const fs::path work = o.out + ".part-" + std::to_string(getpid());
  struct removal {
    const fs::path& folder;
    ~removal() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } remove_at_the_end{work};
  report_page page(m.name);
  page.paragraph(std::to_string(t.d) + (t.d == 1 ? " dimension, " : " dimensions, ") + std::to_string(t.parameters) +
                 " parameters, kernels for " + m.isa + " by " + m.compiler + ".");
  page.heading("Equations").equations(t);
  if (t.equation_count > 0) page.heading("Derivatives written out").expanded_equations(t);
  std::vector<std::string> pictures;
  auto picture = [&](const std::string& name, const std::string& heading, const std::string& caption, const auto& draw) {
    const std::string drawn = (work / (name + ".png")).string();
    draw(drawn);
    page.heading(heading).figure(drawn, caption);
    pictures.push_back(o.out + "/" + name + ".png");
  };
  if (!o.losses.empty())
    picture("losses", "Learning", "Loss over the training steps; validation on rows that were held out.",
            [&](const std::string& png) { draw_losses(o.losses, png); });
  const panel_request what{
      m,      parameters, fitted_transform::from_metadata(parameters.metadata, t.d), constant_values(t, o.constants), t0, t1,
      o.seed, data.get()};
  if (t.mixture_count > 0 && !any_reads_inputs(t, {t.mixtures[0].log_density}))
    picture("density", "Density", data ? "Learned density (blue) and data (orange)." : "Learned density.",
            [&](const std::string& png) { draw_density(what, png); });
  if (t.sde_count > 0 && !any_reads_inputs(t, {t.sdes[0].drift, t.sdes[0].noise}) && (t.mixture_count > 0 || data))
    picture("paths", "Paths", "Paths of the learned stochastic differential equation; shaded: the middle 50 % and 90 % of 1,000.",
            [&](const std::string& png) { draw_paths(what, dt, png); });
  if (!o.no_check) add_check(page, m, parameters.values);
  const std::string file = o.out + "/index.html";
  page.write(file);
  for (const std::string& png : pictures) fs::rename(work / fs::path(png).filename(), png);
  json figures{{"page", file}, {"pictures", pictures}};
  write_json(o.json_file, figures);
  std::printf("report: %s\n", file.c_str());
  for (const std::string& png : pictures) std::printf("picture: %s\n", png.c_str());
  return 0;
}

}  // namespace

setup report(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--parameters", o->parameters, "learned parameters; without it the initial ones of --seed");
    line.option("--losses", o->losses, "csv of `train`; default: found by the name of --parameters");
    line.option("--constant", o->constants, "NAME=NUMBER; may be repeated");
    line.option("--t0", o->t0, "start of the pictures; default: of the data, or of the model's sets");
    line.option("--t1", o->t1, "end of the pictures");
    line.option("--dt", o->dt, "step of the simulation; default: (t1 - t0) / 500");
    line.option("--seed", o->seed, "of draws and paths");
    line.flag("--no-check", o->no_check, "leave out the comparison with 50 digits");
    line.option("--out", o->out, "folder; default NAME-report");
    line.option("--json", o->json_file, "write the paths of page and pictures to this file");
    declare_data_flags(line, o->data);
    return [o, &program] { return write_report(program.model(), *o); };
  };
}

}  // namespace dimwise::commands
