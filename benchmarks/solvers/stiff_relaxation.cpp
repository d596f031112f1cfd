// benchmarks/solvers/stiff_relaxation.cpp: workload W6: evaluations of f, digits and time of every way to integrate a stiff relaxation that a HollowNet
// couples. Link with the runtime library and SUNDIALS CVODE; -DDIMWISE_D=16 chooses the dimensions. Arguments: samples (1), first seed (7).
#include <cstdio>
#include <cstdlib>

#include "benchmarks/solvers/relaxation.hpp"
#include "dimwise/simd/timing.hpp"
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

struct figures {
  std::size_t field = 0, products = 0;
  double error = 0, seconds = 0;
};

template <class Solve>
figures measure(const char* name, const std::vector<double>& exact, Solve&& solve) {
  const auto begin = std::chrono::steady_clock::now();
  const auto r = solve();
  figures f{r.counters.field, r.counters.products, error_of(r.state, exact), std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
  std::printf("  %-34s f %8zu  products %6zu  error %8.2g  %9.2f ms%s\n", name, f.field, f.products, f.error, f.seconds * 1e3, r.ok() ? "" : "  did not end");
  std::fflush(stdout);
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t samples = argc > 1 ? std::size_t(std::atoi(argv[1])) : 1;
  const std::uint64_t seed = argc > 2 ? std::uint64_t(std::atoi(argv[2])) : 7;
  const relaxation_model<DIMWISE_D> m;
  for (const double lambda : {10.0, 100.0, 1000.0})
    for (const double rho : {0.1, 0.5, 1.0, 2.0}) {
      const relaxation_case k(m.recording(), m.kernels, lambda, rho, seed);
      const std::vector<double> x0 = k.start(samples);
      const ode_start<double> start{samples, x0.data(), nullptr, 0, k.t1};
      implicit_options o;
      o.how = corrector::newton;
      o.rtol = o.atol = 1e-10;
      const std::vector<double> exact = solve_implicit(k.problem(), start, o).state;
      std::printf("Lambda %g, rho %g (reached %.2f, c = %.3g), d = %d, %zu sample(s)\n", lambda, rho, k.reached, k.c, DIMWISE_D, samples);
      const auto implicit = [&](const char* name, multistep formula, corrector how, int order = 0) {
        implicit_options with;
        with.formula = formula, with.how = how, with.largest_order = order;
        return measure(name, exact, [&] { return solve_implicit(k.problem(), start, with); });
      };
      const figures fi12 = implicit("Adams <= 12, functional", multistep::adams, corrector::functional);
      const figures fi3 = implicit("Adams <= 3, functional", multistep::adams, corrector::functional, 3);
      const figures jn = implicit("Adams <= 3, Jacobi-Newton", multistep::adams, corrector::jacobi_newton);
      implicit("Adams <= 3, Newton", multistep::adams, corrector::newton, 3);
      const figures bdf = implicit("BDF, Jacobi-Newton", multistep::bdf, corrector::jacobi_newton);
      implicit("BDF, Newton", multistep::bdf, corrector::newton);
      const figures krylov = implicit("BDF, Newton-Krylov", multistep::bdf, corrector::newton_krylov);
      const figures rk = measure("Dopri5", exact, [&] {
        explicit_options<double> e;
        e.control = error_control::per_batch;
        return solve_explicit<double>(k.problem(), start, e);
      });
      const figures chosen = measure("solve (chooses)", exact, [&] { return solve(k.problem(), start); });
      const auto ratio = [](std::size_t a, std::size_t b) { return double(a) / double(b); };
      const std::size_t fi = std::min(fi12.field, fi3.field), best = std::min({fi, jn.field, bdf.field, krylov.field, rk.field});
      std::printf("  Adams JN / best FI %.3f (same cap %.3f), BDF JN / better of FI and Dopri5 %.3f, chosen / best single %.2f\n", ratio(jn.field, fi), ratio(jn.field, fi3.field),
                  ratio(bdf.field, std::min(fi, rk.field)), ratio(chosen.field, best));
    }
}
