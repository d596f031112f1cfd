// examples/stiff/stiff.cpp: published stiff problems by every implicit way: evaluations of f, digits at the end, and what fell
// back.
//   stiff PROBLEM COMMAND ...   the commands of a model's binary: stiff robertson solve --initial 1,0,0 --t1 40 --rtol 1e-9
//   --atol 1e-14 --out robertson.csv stiff demo [rtol]    without rtol at 1e-9 and 1e-6; ends with 1 where a solve that reached
//   the end has an error of more than 60 units of the tolerance
//                        (HIRES: 100), or misses six digits at 1e-9
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "dimwise/run.hpp"
#include "dimwise/solvers/solve.hpp"
#include "examples/stiff/problems.hpp"

namespace {
using namespace dimwise;

template <auto Build>
ode_problem<double> problem() {
  static const ode_kernels<double> kernels = compile_ode<Build, double>();
  ode_problem<double> p;
  p.recording = &recording<Build>::view;
  p.kernels = &kernels;
  return p;
}

/// Relative errors against the reference: correct digits of the worst component, and root mean square in units of rtol.
struct accuracy {
  double digits = 0, units = 0;
};
accuracy accuracy_of(const std::vector<double>& x, const stiff::published& p, double rtol) {
  double worst = 0, sum = 0;
  for (std::size_t i = 0; i < x.size(); i++) {
    const double e = std::abs(x[i] / p.reference[i] - 1);
    worst = std::max(worst, e), sum += e * e;
  }
  return {-std::log10(worst), std::sqrt(sum / double(x.size())) / rtol};
}

/// Prints the rows of one problem; how many reached the end with too few digits.
int rows_of(const ode_problem<double>& problem, const stiff::published& p, double rtol) {
  std::printf("%s, to time %g\n", p.name, p.end);
  const ode_start<double> start{1, p.start.data(), nullptr, 0, p.end};
  const std::vector<double> atol = p.atol(rtol);
  const double digits_bar = rtol > 1e-8 ? 0 : 6, units_bar = std::strcmp(p.name, "hires") == 0 ? 100 : 60;
  int missed = 0;
  const auto row = [&](const char* name, const implicit_solution& r) {
    const accuracy a = accuracy_of(r.state, p, rtol);
    const bool met = !r.ok() || (a.digits >= digits_bar && a.units <= units_bar);
    missed += !met;
    std::printf("  %-26s f %7zu  D f %7zu  Jacobians %4zu  products %6zu  steps %6zu  ", name, r.counters.field,
                r.counters.diagonal, r.counters.jacobian, r.counters.products, r.counters.accepted);
    if (r.ok()) std::printf("digits %4.1f  error %8.2g units%s\n", a.digits, a.units, met ? "" : "  MISSED");
    else std::printf("\n");
    if (r.text != "the solution reached the end") std::printf("      %s\n", r.text.c_str());
  };
  const struct {
    const char* name;
    multistep formula;
    corrector how;
  } ways[] = {{"BDF, Jacobi-Newton", multistep::bdf, corrector::jacobi_newton},
              {"BDF, Newton", multistep::bdf, corrector::newton},
              {"BDF, Newton-Krylov", multistep::bdf, corrector::newton_krylov},
              {"BDF, functional", multistep::bdf, corrector::functional},
              {"Adams <= 3, Jacobi-Newton", multistep::adams, corrector::jacobi_newton},
              {"Adams <= 12, Newton", multistep::adams, corrector::newton},
              {"Adams <= 12, functional", multistep::adams, corrector::functional}};
  for (const auto& way : ways) {
    implicit_options o;
    o.formula = way.formula, o.how = way.how;
    o.rtol = rtol, o.atol_of = atol;
    o.most_steps = way.how == corrector::functional ? 50000 : rtol < 1e-8 ? 500000 : 100000;
    row(way.name, solve_implicit(problem, start, o));
  }
  solve_options o;
  o.rtol = rtol, o.atol_of = atol;
  row("solve (chooses)", solve(problem, start, o));
  return missed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "van_der_pol") return run<stiff::van_der_pol>(argc - 1, argv + 1, first);
  if (first == "robertson") return run<stiff::robertson>(argc - 1, argv + 1, first);
  if (first == "hires") return run<stiff::hires>(argc - 1, argv + 1, first);
  if (first == "oregonator") return run<stiff::oregonator>(argc - 1, argv + 1, first);
  if (first == "pollution") return run<stiff::pollution>(argc - 1, argv + 1, first);
  if (first != "demo") {
    std::fprintf(
        stderr,
        "usage: stiff demo [rtol], or stiff PROBLEM COMMAND ... with van_der_pol, robertson, hires, oregonator or pollution\n");
    return 2;
  }
  const std::vector<double> tolerances = argc > 2 ? std::vector<double>{std::atof(argv[2])} : std::vector<double>{1e-9, 1e-6};
  const auto all = stiff::all_published();
  int missed = 0;
  for (const double rtol : tolerances) {
    std::printf("rtol %g\n", rtol);
    missed += rows_of(problem<stiff::van_der_pol>(), all[0], rtol);
    missed += rows_of(problem<stiff::robertson>(), all[1], rtol);
    missed += rows_of(problem<stiff::hires>(), all[2], rtol);
    missed += rows_of(problem<stiff::oregonator>(), all[3], rtol);
    missed += rows_of(problem<stiff::pollution>(), all[4], rtol);
  }
  if (missed) std::printf("%d rows missed their digits\n", missed);
  else std::printf("every solver that converged has its digits\n");
  return missed ? 1 : 0;
}
