// examples/stiff/stiff.cpp: published stiff problems by every implicit way: evaluations of f, digits at the end, and what fell back.
//   stiff demo [rtol]    default 1e-9; ends with 1 where BDF with a corrector that converged misses six digits
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dimwise/kernel.hpp"
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

/// Correct digits of the worst component.
double digits(const std::vector<double>& x, const stiff::published& p) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); i++) worst = std::max(worst, std::abs(x[i] / p.reference[i] - 1));
  return -std::log10(worst);
}

/// Prints the rows of one problem; how many missed the bar in silence.
int rows_of(const ode_problem<double>& problem, const stiff::published& p, double rtol) {
  std::printf("%s, to time %g\n", p.name, p.end);
  const ode_start<double> start{1, p.start.data(), nullptr, 0, p.end};
  std::vector<double> atol;
  for (const double r : p.reference) atol.push_back(rtol * std::abs(r));
  const double bar = std::min(6.0, -std::log10(rtol) - 3);
  int missed = 0;
  const auto row = [&](const char* name, const implicit_solution& r, bool held_to_it = true) {
    const double correct = digits(r.state, p);
    // Oregonator multiplies local errors by hundreds within its period: half a digit less
    const bool met = !held_to_it || !r.ok() || r.fell_back || correct >= bar - (std::strcmp(p.name, "oregonator") == 0 ? 0.5 : 0);
    missed += !met;
    std::printf("  %-30s f %7zu  D f %7zu  Jacobians %4zu  products %6zu  steps %6zu  digits %5.1f%s\n", name, r.counters.field, r.counters.diagonal, r.counters.jacobian,
                r.counters.products, r.counters.accepted, correct, met ? "" : "  MISSED");
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
              {"Adams <= 3, Jacobi-Newton", multistep::adams, corrector::jacobi_newton}};
  for (const auto& way : ways) {
    implicit_options o;
    o.formula = way.formula, o.how = way.how;
    o.rtol = rtol, o.atol_of = atol;
    o.most_steps = 50000;
    // Adams of order 3 takes ten times the steps at this tolerance, and local errors add up
    row(way.name, solve_implicit(problem, start, o), way.formula == multistep::bdf);
  }
  solve_options o;
  o.rtol = rtol, o.atol_of = atol;
  row("solve (chooses)", solve(problem, start, o));
  return missed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], "demo") != 0) {
    std::fprintf(stderr, "usage: stiff demo [rtol]\n");
    return 2;
  }
  const double rtol = argc > 2 ? std::atof(argv[2]) : 1e-9;
  const auto all = stiff::all_published();
  int missed = rows_of(problem<stiff::van_der_pol>(), all[0], rtol);
  missed += rows_of(problem<stiff::robertson>(), all[1], rtol);
  missed += rows_of(problem<stiff::hires>(), all[2], rtol);
  missed += rows_of(problem<stiff::oregonator>(), all[3], rtol);
  missed += rows_of(problem<stiff::pollution>(), all[4], rtol);
  if (missed) std::printf("%d rows missed their digits\n", missed);
  else std::printf("every solver that converged has its digits\n");
  return missed ? 1 : 0;
}
