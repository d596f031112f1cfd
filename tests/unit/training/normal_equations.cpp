// tests/unit/training/normal_equations.cpp: damped least squares over several tiles, the same digits for any number of threads.
#include "catch.hpp"

#include <cmath>

#include <dimwise/core/random.hpp>
#include <dimwise/training/normal_equations.hpp>

using namespace dimwise;

namespace {

// J[c * stride + r] and r, in two parts.
struct problem {
  std::size_t n, rows, stride;
  std::vector<double> jacobian, residuals;
  problem(std::size_t unknowns, std::size_t count)
      : n(unknowns), rows(count), stride(count + 3), jacobian(n * stride), residuals(rows) {
    const auto numbers = stream(7, "problem");
    numbers.normals(0, 0, jacobian.size(), jacobian.data());
    numbers.normals(1, 0, rows, residuals.data());
  }
  void fill(normal_equations& h, team& workers) const {
    const std::size_t first = rows / 3;
    h.clear();
    h.add(jacobian.data(), stride, residuals.data(), first, 0.25, workers);
    h.add(jacobian.data() + first, stride, residuals.data() + first, rows - first, 0.5, workers);
  }
  double weight(std::size_t row) const { return row < rows / 3 ? 0.25 : 0.5; }
  // The largest entry of (J'WJ + damping I) step + J'W r.
  double defect(const std::vector<double>& step, double damping) const {
    std::vector<double> image = residuals;
    for (std::size_t c = 0; c < n; c++)
      for (std::size_t r = 0; r < rows; r++) image[r] += jacobian[c * stride + r] * step[c];
    double worst = 0;
    for (std::size_t c = 0; c < n; c++) {
      double sum = damping * step[c];
      for (std::size_t r = 0; r < rows; r++) sum += weight(r) * jacobian[c * stride + r] * image[r];
      worst = std::max(worst, std::abs(sum));
    }
    return worst;
  }
};

}  // namespace

TEST_CASE("the step solves the damped normal equations") {
  team workers(2);
  for (const std::size_t n : {1u, 7u, 127u, 128u, 129u, 300u}) {
    const problem p(n, 2 * n + 5);
    normal_equations h(n);
    p.fill(h, workers);
    for (const double damping : {0.0, 1e-3, 10.0}) {
      std::vector<double> step;
      REQUIRE(h.solve(damping, step, workers));
      CHECK(p.defect(step, damping) < 1e-10 * double(n));
    }
  }
}

TEST_CASE("digits do not depend on threads") {
  const problem p(400, 700);
  std::vector<double> steps[3];
  for (int threads = 1; threads <= 3; threads++) {
    team workers(threads);
    normal_equations h(p.n);
    p.fill(h, workers);
    REQUIRE(h.solve(1e-4, steps[threads - 1], workers));
  }
  CHECK(steps[0] == steps[1]);
  CHECK(steps[0] == steps[2]);
}

TEST_CASE("a matrix that is not positive definite is told, in any tile") {
  team workers(2);
  const problem p(200, 10);  // rank 10
  normal_equations h(p.n);
  p.fill(h, workers);
  std::vector<double> step;
  CHECK(h.solve(1e-6, step, workers));
  CHECK_FALSE(h.solve(-1e-3, step, workers));
  const problem q(140, 135);  // the first tile is regular, the second is not
  normal_equations g(q.n);
  q.fill(g, workers);
  CHECK_FALSE(g.solve(-1e-9, step, workers));
}
