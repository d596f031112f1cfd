// benchmarks/solvers/stiff_relaxation.cpp: workload W6: evaluations of f, digits and time of every way to integrate a stiff
// relaxation that a HollowNet couples. -DDIMWISE_D=16 chooses the dimensions.
//   stiff_relaxation bench [--samples 1] [--lambda L] [--rho R] ...    without L or R: 10, 100, 1000 and 0.1, 0.5, 1, 2; and the
//   other commands of a model
#include <cmath>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <string>

#include "relaxation.hpp"

#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/run.hpp"
#include "dimwise/solvers/solve.hpp"

#ifndef DIMWISE_D
#define DIMWISE_D 16
#endif

namespace {
using namespace dimwise;
using namespace dimwise::benchmarks;

constexpr double tolerance = 1e-6;

struct options {
  std::string workload = "W6", json_file;
  std::vector<std::string> lambdas, rhos;
  std::uint64_t seed = 7;
  int samples = 1, threads = 1;
  double seconds = 0, scale = 2;
  bool strict = false;
};

/// Root mean square of the error in units of the tolerance.
double error_of(const std::vector<double>& x, const std::vector<double>& exact) {
  double sum = 0;
  for (std::size_t e = 0; e < x.size(); e++) {
    const double d = (x[e] - exact[e]) / (tolerance * (1 + std::abs(exact[e])));
    sum += d * d;
  }
  return std::sqrt(sum / double(x.size()));
}
/// Of the processor, which others on the same core do not add to; with several threads on the wall.
double seconds_now(int threads) {
  if (threads == 1) return double(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct figures {
  std::size_t field = 0, products = 0;
  double error = 0, seconds = 0;
};

/// All solves of one system: prints a line for each and adds an object to the list of JSON.
class table_of_ways {
 public:
  table_of_ways(const compiled_model& model, const options& o, core_peaks peaks, const relaxation_case& k, double lambda,
                double rho, std::string& json)
      : m_(model), o_(o), peaks_(peaks), k_(k), lambda_(lambda), rho_(rho), json_(json) {}

  template <class Solve>
  figures measure(const char* name, const std::vector<double>& exact, Solve&& solve) {
    const double begin = seconds_now(o_.threads);
    const auto r = solve();
    figures f{r.counters.field, r.counters.products, error_of(r.state, exact), seconds_now(o_.threads) - begin};
    for (double spent = f.seconds; spent < o_.seconds;) {  // the least of many
      const double again = seconds_now(o_.threads);
      (void)solve();
      const double took = seconds_now(o_.threads) - again;
      f.seconds = std::min(f.seconds, took);
      spent += std::max(took, 1e-6);
    }
    std::printf("  %-28s f %8zu  D f %7zu  Jacobians %4zu  products %6zu  steps %6zu  error %8.2g  %10.2f ms\n", name,
                r.counters.field, r.counters.diagonal, r.counters.jacobian, r.counters.products, r.counters.accepted, f.error,
                f.seconds * 1e3);
    if (!r.ok() || r.text != sentence(r.status)) std::printf("      %s\n", r.text.c_str());
    std::fflush(stdout);
    add(name, r, f);
    return f;
  }

 private:
  const compiled_model& m_;
  const options& o_;
  core_peaks peaks_;
  const relaxation_case& k_;
  double lambda_, rho_;
  std::string& json_;

  static std::string number(double v) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", v);
    return std::isfinite(v) ? text : "null";
  }
  /// The members that every workload's figures have, then those of a solve. A share of the peak has no meaning here: null.
  void add(const char* name, const ode_solution<double>& r, const figures& f) {
    std::string& j = json_;
    const auto text = [&](const char* key, const std::string& value) {
      j += std::string("\"") + key + "\": \"" + value + "\", ";
    };
    const auto value = [&](const char* key, double v) { j += std::string("\"") + key + "\": " + number(v) + ", "; };
    j += j.empty() ? "  {" : ",\n  {";
    text("workload", o_.workload), text("variant", name), value("d", DIMWISE_D), value("k", r.counters.diagonal > 0),
        text("precision", "double");
    value("threads", o_.threads), value("samples", o_.samples), value("ns", f.seconds * 1e9), text("unit", "solve");
    j += "\"share\": null, ";
    value("peak_gflops", peaks_.registers > 0 ? peaks_.registers : NAN),
        value("load_fed_gflops", peaks_.load_fed > 0 ? peaks_.load_fed : NAN);
    j += "\"load_fed_share\": null, \"bytes_moved\": null, \"workspace_bytes\": null, ";
    text("isa", m_.isa), text("compiler", m_.compiler);
    value("lambda", lambda_), value("rho", rho_), value("c", k_.c), value("evaluations", double(r.counters.field)),
        value("diagonal_evaluations", double(r.counters.diagonal));
    value("jacobians", double(r.counters.jacobian)), value("products", double(r.counters.products)),
        value("steps", double(r.counters.accepted));
    value("rejected", double(r.counters.rejected)), value("error", f.error);
    j += std::string("\"ok\": ") + (r.ok() ? "true" : "false") + "}";
  }
};

/// What the ratios of one system may be: Adams with Jacobi-Newton against functional iteration, BDF against the better of that
/// and Dopri5.
struct bars {
  double adams, bdf;
};
bars bars_of(double lambda, double rho) {
  if (lambda < 100) return {1.15, 0};
  if (lambda < 1000) return rho <= 0.5 ? bars{0.35, 0.25} : bars{0.6, 0.5};
  return rho <= 0.5 ? bars{0.20, 0.10} : bars{0.4, 0.3};
}

int run_one(const compiled_model& m, const options& op, core_peaks peaks, double lambda, double rho, std::string& json) {
  const std::size_t samples = std::size_t(op.samples);
  const relaxation_case k(m.recording, m.in_double.odes[0], lambda, rho, op.seed, op.scale);
  const std::vector<double> x0 = k.start(samples), phases = k.phases(samples);
  const double* inputs[] = {phases.data()};
  const ode_problem<double> problem = k.problem(inputs);
  const ode_start<double> start{samples, x0.data(), nullptr, 0, k.t1};
  team workers(op.threads);
  implicit_options o;
  o.how = corrector::newton;
  o.rtol = o.atol = 1e-10;
  const std::vector<double> exact = solve_implicit(problem, start, o, workers).state;
  std::printf("Lambda %g, rho %g (reached %.2f, c = %.3g), d = %d, %zu sample(s)\n", lambda, rho, k.reached, k.c, DIMWISE_D,
              samples);
  table_of_ways ways(m, op, peaks, k, lambda, rho, json);
  const auto implicit = [&](const char* name, multistep formula, corrector how, int order = 0) {
    implicit_options with;
    with.formula = formula, with.how = how, with.largest_order = order;
    return ways.measure(name, exact, [&] { return solve_implicit(problem, start, with, workers); });
  };
  const figures fi12 = implicit("Adams <= 12, functional", multistep::adams, corrector::functional);
  const figures fi3 = implicit("Adams <= 3, functional", multistep::adams, corrector::functional, 3);
  const figures jn = implicit("Adams <= 3, Jacobi-Newton", multistep::adams, corrector::jacobi_newton);
  const figures newton = implicit("Adams <= 3, Newton", multistep::adams, corrector::newton, 3);
  const figures bdf_fi = implicit("BDF, functional", multistep::bdf, corrector::functional);
  const figures bdf = implicit("BDF, Jacobi-Newton", multistep::bdf, corrector::jacobi_newton);
  const figures bdf_newton = implicit("BDF, Newton", multistep::bdf, corrector::newton);
  const figures krylov = implicit("BDF, Newton-Krylov", multistep::bdf, corrector::newton_krylov);
  explicit_memory<double> memory;
  const figures rk = ways.measure("Dopri5", exact, [&] {
    explicit_options<double> e;
    e.control = error_control::per_batch;
    return solve_explicit<double>(problem, start, e, workers, memory);
  });
  const figures chosen = ways.measure("solve (chooses)", exact, [&] { return solve(problem, start, {}, workers); });

  const auto ratio = [](std::size_t a, std::size_t b) { return double(a) / double(b); };
  const std::size_t fi = std::min(fi12.field, fi3.field);
  // A product of Newton-Krylov costs more than an evaluation of f, and it takes several of them a step: counted as evaluations.
  const std::size_t best =
      std::min({fi, jn.field, newton.field, bdf_fi.field, bdf.field, bdf_newton.field, krylov.field + krylov.products, rk.field});
  const double others = std::min(
      {fi12.seconds, fi3.seconds, jn.seconds, newton.seconds, bdf_fi.seconds, bdf_newton.seconds, krylov.seconds, rk.seconds});
  const bars b = bars_of(lambda, rho);
  int missed = 0;
  const auto row = [&](const char* name, double value, double bar) {
    if (bar == 0) return;
    missed += !(value <= bar);
    std::printf("  %-58s %6.3f  bar %4.2f%s\n", name, value, bar, value <= bar ? "" : "  MISSED");
  };
  row("Adams, Jacobi-Newton / functional (the better cap)", ratio(jn.field, fi), b.adams);
  row("BDF, Jacobi-Newton / better of functional and Dopri5", ratio(bdf.field, std::min({fi, bdf_fi.field, rk.field})), b.bdf);
  row("solve / best single method", ratio(chosen.field, best), 1.2);
  row("largest error of Jacobi-Newton and solve", std::max({jn.error, bdf.error, chosen.error}), 10);
  if (lambda >= 100 && samples > 1) row("time, BDF with Jacobi-Newton / best other way", bdf.seconds / others, 1);
  return missed;
}

std::vector<double> positive(const std::vector<std::string>& given, const char* flag, std::vector<double> otherwise) {
  std::vector<double> list;
  for (const std::string& text : given) {
    char* end = nullptr;
    list.push_back(std::strtod(text.c_str(), &end));
    if (text.empty() || *end || !(list.back() > 0) || !std::isfinite(list.back()))
      throw error(std::string(flag) + " '" + text + "' is not a positive number.");
  }
  return list.empty() ? otherwise : list;
}

int bench(const runner& program, const options& o) {
  if (o.samples < 1) throw error("--samples must be at least 1.");
  if (o.threads < 1) throw error("--threads must be at least 1.");
  if (!(o.scale > 0)) throw error("--scale must be positive.");
  const std::vector<double> lambdas = positive(o.lambdas, "--lambda", {10, 100, 1000}),
                            rhos = positive(o.rhos, "--rho", {0.1, 0.5, 1, 2});
  const core_peaks peaks = program.peaks().in_double ? program.peaks().in_double() : core_peaks{};
  std::printf("%s, double, %d thread%s, peak %.1f GFLOP/s a core in registers, %.1f fed from the cache\n", o.workload.c_str(),
              o.threads, o.threads == 1 ? "" : "s", peaks.registers, peaks.load_fed);
  int missed = 0;
  std::string json;
  for (const double lambda : lambdas)
    for (const double rho : rhos) missed += run_one(program.model(), o, peaks, lambda, rho, json);
  std::printf("%d bars missed\n", missed);
  if (!o.json_file.empty()) write_file_atomically(o.json_file, "[\n" + json + "\n]\n");
  return missed && o.strict ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<relaxation<DIMWISE_D>>("relaxation"), peaks_here());
  program.add("bench", "workload W6: evaluations of f, digits and time of every way to solve it", [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--lambda", o->lambdas, "largest rate; may be repeated; default: 10, 100 and 1000");
    line.option("--rho", o->rhos, "what the diagonal leaves out; may be repeated; default: 0.1, 0.5, 1 and 2");
    line.option("--samples", o->samples, "of the batch, which is one system");
    line.option("--threads", o->threads, "threads");
    line.option("--seconds", o->seconds, "spent on each figure; 0: one solve");
    line.option("--seed", o->seed, "of the parameters");
    line.option("--scale", o->scale, "of the weight matrices");
    line.option("--workload", o->workload, "name in the output");
    line.option("--json", o->json_file, "write the figures to this file");
    line.flag("--strict", o->strict, "status 1 where a bar is missed");
    return [o, &program] { return bench(program, *o); };
  });
  return program.run(argc, argv);
}
