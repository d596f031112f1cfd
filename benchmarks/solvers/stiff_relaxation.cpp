// benchmarks/solvers/stiff_relaxation.cpp: workload W6: evaluations of f, digits and time of every way to integrate a stiff relaxation that a HollowNet
// couples. -DDIMWISE_D=16 chooses the dimensions.
//   stiff_relaxation [--samples 1] [--seed 7] [--lambda L] [--rho R] [--scale 2]    without L or R: 10, 100, 1000 and 0.1, 0.5, 1, 2
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "benchmarks/solvers/relaxation.hpp"
#include "dimwise/solvers/solve.hpp"

#ifndef DIMWISE_D
#define DIMWISE_D 16
#endif

namespace {
using namespace dimwise;
using namespace dimwise::benchmarks;

constexpr double tolerance = 1e-6;

/// Root mean square of the error in units of the tolerance.
double error_of(const std::vector<double>& x, const std::vector<double>& exact) {
  double sum = 0;
  for (std::size_t e = 0; e < x.size(); e++) {
    const double d = (x[e] - exact[e]) / (tolerance * (1 + std::abs(exact[e])));
    sum += d * d;
  }
  return std::sqrt(sum / double(x.size()));
}
double processor_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

struct figures {
  std::size_t field = 0;
  double error = 0, seconds = 0;
};

template <class Solve>
figures measure(const char* name, const std::vector<double>& exact, Solve&& solve) {
  const double begin = processor_seconds();
  const auto r = solve();
  const figures f{r.counters.field, error_of(r.state, exact), processor_seconds() - begin};
  std::printf("  %-28s f %8zu  D f %7zu  Jacobians %4zu  products %6zu  steps %6zu  error %8.2g  %10.2f ms\n", name, r.counters.field, r.counters.diagonal,
              r.counters.jacobian, r.counters.products, r.counters.accepted, f.error, f.seconds * 1e3);
  if (!r.ok() || r.text != sentence(r.status)) std::printf("      %s\n", r.text.c_str());
  std::fflush(stdout);
  return f;
}

/// What the ratios of one system may be: Adams with Jacobi-Newton against functional iteration, BDF against the better of that and Dopri5.
struct bars {
  double adams, bdf;
};
bars bars_of(double lambda, double rho) {
  if (lambda < 100) return {1.15, 0};
  if (lambda < 1000) return rho <= 0.5 ? bars{0.35, 0.25} : bars{0.6, 0.5};
  return rho <= 0.5 ? bars{0.20, 0.10} : bars{0.4, 0.3};
}

int run(const relaxation_model<DIMWISE_D>& m, std::size_t samples, std::uint64_t seed, double scale, double lambda, double rho) {
  const relaxation_case k(m.recording(), m.kernels, lambda, rho, seed, scale);
  const std::vector<double> x0 = k.start(samples), phases = k.phases(samples);
  const double* inputs[] = {phases.data()};
  const ode_problem<double> problem = k.problem(inputs);
  const ode_start<double> start{samples, x0.data(), nullptr, 0, k.t1};
  implicit_options o;
  o.how = corrector::newton;
  o.rtol = o.atol = 1e-10;
  const std::vector<double> exact = solve_implicit(problem, start, o).state;
  std::printf("Lambda %g, rho %g (reached %.2f, c = %.3g), d = %d, %zu sample(s)\n", lambda, rho, k.reached, k.c, DIMWISE_D, samples);
  const auto implicit = [&](const char* name, multistep formula, corrector how, int order = 0) {
    implicit_options with;
    with.formula = formula, with.how = how, with.largest_order = order;
    return measure(name, exact, [&] { return solve_implicit(problem, start, with); });
  };
  const figures fi12 = implicit("Adams <= 12, functional", multistep::adams, corrector::functional);
  const figures fi3 = implicit("Adams <= 3, functional", multistep::adams, corrector::functional, 3);
  const figures jn = implicit("Adams <= 3, Jacobi-Newton", multistep::adams, corrector::jacobi_newton);
  const figures newton = implicit("Adams <= 3, Newton", multistep::adams, corrector::newton, 3);
  const figures bdf_fi = implicit("BDF, functional", multistep::bdf, corrector::functional);
  const figures bdf = implicit("BDF, Jacobi-Newton", multistep::bdf, corrector::jacobi_newton);
  const figures bdf_newton = implicit("BDF, Newton", multistep::bdf, corrector::newton);
  const figures krylov = implicit("BDF, Newton-Krylov", multistep::bdf, corrector::newton_krylov);
  const figures rk = measure("Dopri5", exact, [&] {
    explicit_options<double> e;
    e.control = error_control::per_batch;
    return solve_explicit<double>(problem, start, e);
  });
  const figures chosen = measure("solve (chooses)", exact, [&] { return solve(problem, start); });

  const auto ratio = [](std::size_t a, std::size_t b) { return double(a) / double(b); };
  const std::size_t fi = std::min(fi12.field, fi3.field);
  const std::size_t best = std::min({fi, jn.field, newton.field, bdf_fi.field, bdf.field, bdf_newton.field, krylov.field, rk.field});
  const double others = std::min({fi12.seconds, fi3.seconds, jn.seconds, newton.seconds, bdf_fi.seconds, bdf_newton.seconds, krylov.seconds, rk.seconds});
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

}  // namespace

int main(int argc, char** argv) {
  std::size_t samples = 1;
  std::uint64_t seed = 7;
  double scale = 2;
  std::vector<double> lambdas = {10, 100, 1000}, rhos = {0.1, 0.5, 1, 2};
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const double value = i + 1 < argc ? std::atof(argv[i + 1]) : 0;
    if (flag == "--samples" && value >= 1) samples = std::size_t(value);
    else if (flag == "--seed") seed = std::uint64_t(value);
    else if (flag == "--scale" && value > 0) scale = value;
    else if (flag == "--lambda" && value >= 1) lambdas = {value};
    else if (flag == "--rho" && value > 0) rhos = {value};
    else {
      std::fprintf(stderr, "usage: stiff_relaxation [--samples N] [--seed S] [--scale WEIGHTS] [--lambda L] [--rho R]\n");
      return 2;
    }
  }
  const relaxation_model<DIMWISE_D> m;
  int missed = 0;
  for (const double lambda : lambdas)
    for (const double rho : rhos) missed += run(m, samples, seed, scale, lambda, rho);
  std::printf("%d bars missed\n", missed);
  return missed ? 1 : 0;
}
