// tests/unit/training/optimiser.cpp: Adam against the formulas of its paper, the schedule, and what never moves.
#include "catch.hpp"

#include <cmath>
#include <vector>

#include <dimwise/training/optimiser.hpp>

using namespace dimwise;

TEST_CASE("the rate warms up, is largest, and follows half a cosine down") {
  stage_entry s;
  s.steps = 1100;
  s.warm_up = 100;
  s.rate = 0.5;
  s.final_rate = 0.1;
  CHECK(scheduled_rate(s, 0) == Approx(0.005));
  CHECK(scheduled_rate(s, 99) == Approx(0.5));
  CHECK(scheduled_rate(s, 100) == Approx(0.5));
  CHECK(scheduled_rate(s, 600) == Approx(0.5 * 0.55));
  CHECK(scheduled_rate(s, 1100) == Approx(0.05));
  CHECK(scheduled_rate(s, 5000) == Approx(0.05));
  s.warm_up = 0;
  CHECK(scheduled_rate(s, 0) == Approx(0.5));
  s.warm_up = 5000;
  CHECK(scheduled_rate(s, 1099) == Approx(0.5));
}

TEST_CASE("steps follow the paper, with decay on layers only") {
  const std::size_t n = 13;
  adam a(n, {{0, 5, false}, {6, 13, true}});
  std::vector<double> p(n), q, m(n), v(n);
  for (std::size_t i = 0; i < n; i++) p[i] = double(i) - 6.5;
  q = p;
  for (int t = 1; t <= 50; t++) {
    std::vector<double> g(n);
    for (std::size_t i = 0; i < n; i++) g[i] = std::sin(double(i * 7 + std::size_t(t)));
    a.step(p.data(), g.data(), 0.5, 0.01, 0.1);
    for (std::size_t i = 0; i < n; i++) {
      if (i == 5) continue;
      const double slope = 0.5 * g[i];
      m[i] = 0.9 * m[i] + 0.1 * slope;
      v[i] = 0.999 * v[i] + 0.001 * slope * slope;
      const double mh = m[i] / (1 - std::pow(0.9, t)), vh = v[i] / (1 - std::pow(0.999, t));
      if (i >= 6) q[i] -= 0.01 * 0.1 * q[i];
      q[i] -= 0.01 * mh / (std::sqrt(vh) + 1e-8);
    }
  }
  for (std::size_t i = 0; i < n; i++) CHECK(p[i] == Approx(q[i]).epsilon(1e-12));
  CHECK(p[5] == -1.5);
  CHECK(a.first[5] == 0);
  CHECK(a.steps == 50);
}

TEST_CASE("the norm is that of the movable entries") {
  std::vector<double> g(30, 100.0);
  double expected = 0;
  for (std::size_t i = 2; i < 23; i++) {
    g[i] = double(i);
    expected += g[i] * g[i];
  }
  CHECK(adam(30, {{2, 23, false}}).norm(g.data()) == Approx(std::sqrt(expected)));
  CHECK(adam(30, {{2, 3, false}, {3, 23, false}}).norm(g.data()) == Approx(std::sqrt(expected)));
}

TEST_CASE("a state that is kept and given back goes on with the same digits") {
  adam a(3, {{0, 3, true}});
  std::vector<double> p{1, 2, 3}, q;
  const std::vector<double> g{0.1, -0.2, 0.3};
  for (int i = 0; i < 5; i++) a.step(p.data(), g.data(), 1, 0.01, 0.1);
  q = p;
  adam b(3, {{0, 3, true}});
  b.first = a.first;
  b.second = a.second;
  b.steps = a.steps;
  for (int i = 0; i < 5; i++) {
    a.step(p.data(), g.data(), 1, 0.01, 0.1);
    b.step(q.data(), g.data(), 1, 0.01, 0.1);
  }
  CHECK(p == q);
}

TEST_CASE("any number of threads moves the same entries with the same digits") {
  constexpr std::size_t n = 3 * entries_of_task + 77;
  const std::vector<entry_range> movable = {
      {0, 100, true}, {101, entries_of_task + 5, false}, {2 * entries_of_task, n - 1, true}};
  std::vector<double> g(n);
  for (std::size_t i = 0; i < n; i++) g[i] = std::sin(double(i));
  adam alone(n, movable);
  std::vector<double> expected(n, 1.0);
  for (int i = 0; i < 3; i++) alone.step(expected.data(), g.data(), 1 / alone.norm(g.data()), 0.01, 0.1);
  CHECK(expected[100] == 1);
  CHECK(expected[entries_of_task + 5] == 1);
  CHECK(expected[n - 1] == 1);
  CHECK(expected[n - 2] != 1);
  for (const int threads : {1, 2, 5}) {
    team workers(threads);
    adam shared(n, movable);
    std::vector<double> p(n, 1.0);
    for (int i = 0; i < 3; i++) shared.step(p.data(), g.data(), 1 / shared.norm(g.data(), &workers), 0.01, 0.1, &workers);
    CHECK(p == expected);
    CHECK(shared.first == alone.first);
    CHECK(shared.second == alone.second);
  }
}
