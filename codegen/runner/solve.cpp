// codegen/runner/solve.cpp: the command `solve`: solutions of the ordinary differential equation that a model names, as a table.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>

#include "codegen/print/formula.hpp"
#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/runner/ode_method.hpp"
#include "codegen/runner/solve_start.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/csv.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/training/data_rows.hpp"

namespace dimwise::commands {
namespace {

struct options {
  std::string ode, initial, t0, t1 = "1", method = "auto", atol = "1e-6", save_at, parameters, units = "data", out, json_file;
  std::vector<std::string> inputs, constants;
  double rtol = 1e-6, save_every = 0, first_step = 0, largest_step = 0;
  std::uint64_t parameter_seed = 0;
  int steps = 0, most_steps = 1000000, threads = 0;
};

/// Times of the table's rows; without flags the start and the end.
std::vector<double> saved_times(const options& o, double t0, double t1) {
  if (!o.save_at.empty() && o.save_every != 0) throw error("give one of --save-every and --save-at.");
  const double direction = t1 < t0 ? -1 : 1;
  if (!o.save_at.empty()) {
    std::vector<double> times;
    if (o.save_at.ends_with(".npy")) {
      const npy_array<double> a = read_npy<double>(o.save_at);
      require_finite(a, o.save_at);
      times = a.values;
    } else {
      times = number_list(o.save_at, "--save-at");
    }
    for (std::size_t j = 0; j < times.size(); j++) {
      const double before = j ? times[j - 1] : t0;
      if ((times[j] - before) * direction < 0 || (t1 - times[j]) * direction < 0)
        throw error("--save-at: " + print::digits(times[j]) + " is not between the start " + print::digits(t0) + " and the end " +
                    print::digits(t1) + ", in the order of integration.");
    }
    return times;
  }
  if (o.save_every == 0) return t0 == t1 ? std::vector<double>{t0} : std::vector<double>{t0, t1};
  if (!(o.save_every > 0) || !std::isfinite(o.save_every))
    throw error("--save-every must be positive: the time from one row of the table to the next.");
  const double count = std::abs(t1 - t0) / o.save_every;
  if (count > 1e7) throw error("--save-every " + print::digits(o.save_every) + " asks for more than 1e7 rows.");
  std::vector<double> times;
  for (std::size_t j = 0; double(j) < count - 1e-9; j++) times.push_back(t0 + direction * double(j) * o.save_every);
  times.push_back(t1);
  return times;
}

ode_method_settings settings_of(const options& o, const ode_method& method, std::size_t d) {
  ode_method_settings s;
  const bool by_tolerance = o.steps == 0;
  const std::vector<double> atol = number_list(o.atol, "--atol");
  if (atol.size() != 1 && atol.size() != d)
    throw error("--atol has " + std::to_string(atol.size()) + " numbers; it is one for all coordinates, or " + std::to_string(d) +
                ".");
  for (const double a : atol)
    if (by_tolerance && !(a >= 0)) throw error("--atol must not be negative.");
  if (by_tolerance && !(o.rtol >= 0 && std::isfinite(o.rtol))) throw error("--rtol must be a number that is not negative.");
  for (const double a : atol)
    if (by_tolerance && a + o.rtol == 0) throw error("one of --rtol and --atol must be above zero.");
  s.rtol = o.rtol, s.atol = atol[0];
  if (atol.size() > 1) s.atol_of = atol;
  const bool runge_kutta = method.what == ode_method::kind::runge_kutta;
  if (o.steps < 0) throw error("--steps must not be negative; 0 adapts the steps to the tolerances.");
  if (o.steps > 0 && !runge_kutta)
    throw error("--steps is for the explicit schemes (euler to dopri8); --method " + o.method +
                " adapts its steps to the tolerances.");
  if (runge_kutta && o.steps == 0 && coefficients(method.scheme).error_order == 0)
    throw error("--method " + o.method + " has no error estimate: give --steps, or take bosh3, dopri5, tsit5 or dopri8.");
  if (o.most_steps < 1) throw error("--most-steps must be at least 1.");
  if (!(o.first_step >= 0) || !(o.largest_step >= 0))
    throw error("--first-step and --largest-step must not be negative; 0: estimated, no limit.");
  if ((o.first_step > 0 || o.largest_step > 0) && method.what == ode_method::kind::automatic)
    throw error("--first-step and --largest-step need a --method other than auto.");
  s.steps = std::size_t(o.steps), s.most_steps = std::size_t(o.most_steps), s.first_step = o.first_step,
  s.largest_step = o.largest_step;
  return s;
}

/// The solutions one after the other, each up to where it came: columns time, state, carried quantities.
struct solution_rows {
  std::size_t columns = 0, moved = 0;  ///< moved: solutions that left their start
  std::vector<std::size_t> sample;     ///< of each row
  std::vector<double> values;          ///< [row][columns]
};
solution_rows rows_of(const ode_solution<double>& s, std::size_t samples, std::size_t d, double t0, double direction) {
  const std::size_t q = samples ? s.carried.size() / samples : 0;
  solution_rows r;
  r.columns = 1 + d + q;
  const auto add = [&](std::size_t sample, double time, const double* x, const double* carried) {
    r.sample.push_back(sample), r.values.push_back(time);
    r.values.insert(r.values.end(), x, x + d), r.values.insert(r.values.end(), carried, carried + q);
  };
  for (std::size_t i = 0; i < samples; i++) {
    double last = std::nan("");
    for (std::size_t j = 0; j < s.saved_time.size() && (s.saved_time[j] - s.end[i]) * direction <= 0; j++) {
      last = s.saved_time[j];
      add(i, last, s.saved.data() + (j * samples + i) * d, s.saved_carried.data() + (j * samples + i) * q);
    }
    if (!s.ok() && last != s.end[i]) add(i, s.end[i], s.state.data() + i * d, s.carried.data() + i * q);
    r.moved += s.end[i] != t0;
  }
  return r;
}

void write_table(const std::string& path, const table& t, const ode_entry& ode, std::size_t samples, const solution_rows& r) {
  std::vector<std::string> names;
  if (samples > 1) names.push_back("sample");
  names.push_back(time_column(t));
  for (const auto& n : default_columns(std::string(t.state_name.view()), t.d)) names.push_back(n);
  for (int j = 0; j < ode.carried_count; j++) names.emplace_back(ode.carried[j].name.view());
  if (samples == 1) return write_csv(path, names, r.values);
  std::vector<double> values;
  values.reserve(r.values.size() + r.sample.size());
  for (std::size_t k = 0; k < r.sample.size(); k++) {
    values.push_back(double(r.sample[k]));
    values.insert(values.end(), r.values.begin() + std::ptrdiff_t(k * r.columns),
                  r.values.begin() + std::ptrdiff_t((k + 1) * r.columns));
  }
  write_csv(path, names, values);
}

/// NAME.npy [samples][times][d], NAME.time.npy, and NAME.carried.npy [samples][times][carried]; NaN at times that a solution did
/// not come to.
void write_arrays(const std::string& path, const ode_entry& ode, std::size_t samples, std::size_t d,
                  const std::vector<double>& times, const solution_rows& r) {
  const std::string stem = path.substr(0, path.size() - 4);
  const std::size_t count = times.size(), q = std::size_t(ode.carried_count);
  std::vector<double> state(samples * count * d, std::nan("")), carried(samples * count * q, std::nan(""));
  std::size_t at = 0;
  for (std::size_t k = 0; k < r.sample.size(); k++) {
    at = k && r.sample[k] == r.sample[k - 1] ? at + 1 : 0;
    const double* row = r.values.data() + k * r.columns;
    if (at == count || row[0] != times[at]) continue;  // where a solution stopped between two of the times
    std::copy_n(row + 1, d, state.data() + (r.sample[k] * count + at) * d);
    std::copy_n(row + 1 + d, q, carried.data() + (r.sample[k] * count + at) * q);
  }
  write_npy(stem + ".time.npy", {count}, times.data());
  if (q) write_npy(stem + ".carried.npy", {samples, count, q}, carried.data());
  write_npy(path, {samples, count, d}, state.data());
}

const char* name_of(solve_status s) {
  switch (s) {
    case solve_status::success: return "success";
    case solve_status::stopped_at_event: return "stopped_at_event";
    case solve_status::too_many_steps: return "too_many_steps";
    case solve_status::step_too_small: return "step_too_small";
    case solve_status::not_finite: return "not_finite";
    case solve_status::no_convergence: return "no_convergence";
  }
  return "";
}

int run(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  const std::size_t d = std::size_t(t.d);
  const ode_method method = ode_method_of(o.method, "--method");
  const int index = ode_index(t, o.ode);
  const ode_entry& ode = t.odes[index];
  const std::string name(ode.name.view());
  if (ode.noise >= 0)
    throw error("the trace of '" + name +
                "' is estimated in random directions, which the command flow draws; solve takes m.ode<\"" + name +
                "\">(f), or m.flow<\"" + name + "\">(f) with its exact trace.");
  if (!o.out.empty() && !o.out.ends_with(".csv") && !o.out.ends_with(".npy"))
    throw error("--out " + o.out + ": the name must end in .csv or .npy.");
  if (o.threads < 0) throw error("--threads must not be negative; 0: all.");
  if (o.units != "data" && o.units != "model") throw error("--units '" + o.units + "' is unknown; it is data or model.");
  ode_method_settings settings = settings_of(o, method, d);

  const parameter_set parameters = parameters_of(t, o.parameters, o.parameter_seed);
  const fitted_transform transform =
      o.units == "data" ? fitted_transform::from_metadata(parameters.metadata, t.d) : fitted_transform(t.d);
  const std::vector<double> constants = constant_values(t, o.constants);
  solve_start start = read_start(t, ode, o.initial, o.inputs);
  const std::size_t n = start.samples;
  if (!o.t0.empty() && start.time && number_of(o.t0, "--t0") != *start.time)
    throw error("--t0 " + o.t0 + ": " + o.initial + " says that its rows are at time " + print::digits(*start.time) + ".");
  const double t0 = !o.t0.empty() ? number_of(o.t0, "--t0") : start.time.value_or(0), t1 = number_of(o.t1, "--t1");
  settings.save_at = saved_times(o, t0, t1);
  if (!o.out.empty()) require_writable(o.out);

  if (!transform.identity()) {
    const std::vector<double> time(n, t0);
    transform.to_model(n, time.data(), start.state.data(), start.state.data());
  }
  std::vector<const double*> inputs;
  for (const auto& in : start.inputs) inputs.push_back(in.empty() ? nullptr : in.data());
  ode_problem<double> problem = problem_of<double>(m, name, parameters.values.data());
  problem.inputs = inputs.empty() ? nullptr : inputs.data();
  problem.constants = constants.empty() ? nullptr : constants.data();
  team workers(o.threads);
  const auto begin = std::chrono::steady_clock::now();
  const ode_solution<double> s =
      solve_by(method, problem, {n, start.state.data(), start.carried.empty() ? nullptr : start.carried.data(), t0, t1}, settings,
               workers);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  solution_rows rows = rows_of(s, n, d, t0, t1 < t0 ? -1 : 1);
  std::vector<double> end = s.state;
  if (!transform.identity()) {
    for (std::size_t k = 0; k < rows.sample.size(); k++)
      transform.to_data(1, &rows.values[k * rows.columns], &rows.values[k * rows.columns + 1],
                        &rows.values[k * rows.columns + 1]);
    transform.to_data(n, s.end.data(), end.data(), end.data());
  }
  const solve_counters& c = s.counters;
  std::printf("%s: %zu solution%s from %s to %s\n%s\n", name.c_str(), n, n == 1 ? "" : "s", print::digits(t0).c_str(),
              print::digits(t1).c_str(), s.text.c_str());
  std::printf("evaluations of f %zu, with D<1>f %zu, Jacobians %zu, products with them %zu; steps %zu, rejected %zu; %.3g s\n",
              c.field, c.diagonal, c.jacobian, c.products, c.accepted, c.rejected, seconds);
  if (n == 1) {
    const auto columns = default_columns(std::string(t.state_name.view()), t.d);
    for (std::size_t i = 0; i < std::min<std::size_t>(d, 20); i++) std::printf("%s = %.10g\n", columns[i].c_str(), end[i]);
    for (std::size_t j = 0; j < s.carried.size(); j++)
      std::printf("%s = %.10g\n", std::string(ode.carried[j].name.view()).c_str(), s.carried[j]);
  }
  const bool written = !o.out.empty() && (s.ok() || rows.moved > 0);
  if (written && o.out.ends_with(".csv")) write_table(o.out, t, ode, n, rows);
  if (written && o.out.ends_with(".npy")) write_arrays(o.out, ode, n, d, s.saved_time, rows);
  if (written) std::printf("table: %s, %zu rows\n", o.out.c_str(), rows.sample.size());
  json figures;
  figures["ode"] = name, figures["method"] = o.method, figures["status"] = name_of(s.status), figures["text"] = s.text;
  figures["solutions"] = n, figures["t0"] = t0, figures["t1"] = t1;
  figures["evaluations"] = c.field, figures["mean_evaluations"] = s.mean_evaluations,
  figures["diagonal_evaluations"] = c.diagonal;
  figures["jacobians"] = c.jacobian, figures["products"] = c.products, figures["steps"] = c.accepted,
  figures["rejected"] = c.rejected;
  figures["seconds"] = seconds;
  if (n == 1) figures["end"] = end;
  if (written) figures["file"] = o.out;
  write_json(o.json_file, figures);
  if (!s.ok()) throw error(s.text + "." + (written ? " The table ends there." : ""));
  return 0;
}

}  // namespace

setup solve(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--initial", o->initial,
                "where solutions start: numbers x_0,x_1,..., or a .csv file (columns as in the table that comes out), or a .npy "
                "file of shape (samples, dimensions)");
    line.option("--t0", o->t0, "start; default: 0, or the time that the file says");
    line.option("--t1", o->t1, "end; before the start: backward in time");
    std::string names;
    for (const std::string& n : ode_method_names()) names += (names.empty() ? "" : ", ") + n;
    line.option("--method", o->method, names);
    line.option("--rtol", o->rtol, "relative tolerance of a step");
    line.option("--atol", o->atol, "absolute tolerance of a step: a number, or one for each coordinate with commas between them");
    line.option("--steps", o->steps, "so many equal steps of an explicit scheme; 0: adapted to the tolerances");
    line.option("--most-steps", o->most_steps, "give up after so many");
    line.option("--first-step", o->first_step, "0: estimated");
    line.option("--largest-step", o->largest_step, "0: no limit");
    line.option("--save-every", o->save_every, "time from one row of the table to the next; without it the start and the end");
    line.option("--save-at", o->save_at, "times of the rows: numbers with commas between them, or a .npy file");
    line.option("--ode", o->ode, "name of the equation; default: the first");
    line.option("--parameters", o->parameters, "safetensors file; without it the initial parameters of --parameter-seed");
    line.option("--parameter-seed", o->parameter_seed, "seed of the initial parameters");
    line.option("--input", o->inputs,
                "NAME=FILE.npy or NAME=NUMBER, constant along a solution; may be repeated; default: columns of the .csv file");
    line.option("--constant", o->constants, "NAME=NUMBER; may be repeated");
    line.option("--units", o->units, "of the states: data (those of the training files) or model");
    line.option("--threads", o->threads, "0: all; the digits do not depend on it");
    line.option("--out", o->out,
                "the table: .csv with a row for each time, or .npy of shape (samples, times, dimensions); the times go to "
                "NAME.time.npy, carried quantities to NAME.carried.npy");
    line.option("--json", o->json_file, "write figures to this file");
    return [o, &program] { return run(program.model(), *o); };
  };
}

}  // namespace dimwise::commands
