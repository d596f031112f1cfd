// tests/unit/core/random.cpp: digits against an independent implementation, moments, and stateless addressing.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include <dimwise/core/random.hpp>

using namespace dimwise;

TEST_CASE("digits are those of Philox4x64-10 and an exact Box-Muller transform") {
  // From a Python implementation with 40-digit logarithm, sine and cosine.
  struct reference {
    std::uint64_t seed;
    const char* name;
    std::uint64_t step, index;
    double uniform, normal;
  };
  const reference all[] = {{1, "a", 0, 0, 0.32541202285560356, 0.92011901054810527001},
                           {1, "a", 0, 1, 0.433151428763734, 1.343354118395220838},
                           {7, "order of days", 3, 6, 0.8571982504606848, 0.84934236581978620192},
                           {9223372036854775813u, "", 1099511627776u, 8589934595u, 0.7598420639279646, -1.5380871455578494262}};
  for (const auto& r : all) {
    const auto s = stream(r.seed, r.name);
    CHECK(s.uniform(r.step, r.index) == r.uniform);
    CHECK(std::abs(s.normal(r.step, r.index) - r.normal) < 4e-16);
  }
}

TEST_CASE("20,000 normals have the same bits with every compiler, optimisation and instruction set") {
  // Differs where multiply-adds are fused: core/random.cpp needs -ffp-contract=off.
  std::vector<double> n(20000);
  stream(12345, "digits").normals(1, 0, n.size(), n.data());
  std::uint64_t hash = 0;
  for (const double v : n) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  CHECK(hash == 0x731c5150c22fcca3u);
}

TEST_CASE("ranges give the digits of single numbers, wherever they start") {
  const auto s = stream(3, "noise");
  std::vector<double> u(23), n(23);
  for (const std::uint64_t first : {0u, 1u, 2u, 3u, 5u}) {
    s.uniforms(9, first, u.size(), u.data(), 2);
    s.normals(9, first, n.size(), n.data(), 2);
    for (std::size_t i = 0; i < u.size(); i++) {
      CHECK(u[i] == s.uniform(9, first + i, 2));
      CHECK(n[i] == s.normal(9, first + i, 2));
    }
  }
}

TEST_CASE("seed, name, step, lane and index all matter") {
  const double base = stream(1, "a").uniform(0, 0);
  CHECK(base != stream(2, "a").uniform(0, 0));
  CHECK(base != stream(1, "b").uniform(0, 0));
  CHECK(base != stream(1, "a").uniform(1, 0));
  CHECK(base != stream(1, "a").uniform(0, 4));
  CHECK(base != stream(1, "a").uniform(0, 0, 1));
}

TEST_CASE("normals have the moments and the tails of a Gaussian, neighbours are uncorrelated") {
  const std::size_t n = 400000;
  std::vector<double> x(n);
  stream(5, "moments").normals(0, 0, n, x.data());
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, lag = 0, beyond = 0;
  for (std::size_t i = 0; i < n; i++) {
    m1 += x[i];
    m2 += x[i] * x[i];
    m3 += x[i] * x[i] * x[i];
    m4 += x[i] * x[i] * x[i] * x[i];
    lag += x[i] * x[(i + 1) % n];
    beyond += std::abs(x[i]) > 2;
  }
  const double root = std::sqrt(double(n));
  CHECK(std::abs(m1 / n) < 4 / root);
  CHECK(std::abs(m2 / n - 1) < 4 * std::sqrt(2.0) / root);
  CHECK(std::abs(m3 / n) < 4 * std::sqrt(15.0) / root);
  CHECK(std::abs(m4 / n - 3) < 4 * std::sqrt(96.0) / root);
  CHECK(std::abs(lag / n) < 4 / root);
  CHECK(std::abs(beyond / n - 0.0455002639) < 4 * 0.21 / root);
}

TEST_CASE("whole numbers stay in range and are even") {
  const auto s = stream(5, "whole");
  std::vector<int> count(7);
  for (std::uint64_t i = 0; i < 70000; i++) count[s.below(7, 0, i)]++;
  for (const int c : count) CHECK(std::abs(c - 10000) < 400);
  CHECK(s.below(1, 0, 0) == 0);
}

TEST_CASE("permutations hold every number once and differ by step") {
  const auto s = stream(1, "order");
  auto p = s.permutation(0, 1000);
  CHECK(p == s.permutation(0, 1000));
  CHECK(p != s.permutation(1, 1000));
  double fixed = 0, first = 0;
  for (std::uint64_t step = 0; step < 400; step++) {
    const auto q = s.permutation(step, 50);
    for (std::size_t i = 0; i < q.size(); i++) fixed += q[i] == i;
    first += q[0];
  }
  CHECK(std::abs(fixed / 400 - 1) < 0.25);
  CHECK(std::abs(first / 400 - 24.5) < 4 * 14.4 / 20);
  std::sort(p.begin(), p.end());
  for (std::size_t i = 0; i < p.size(); i++) CHECK(p[i] == i);
  CHECK(s.permutation(0, 0).empty());
  std::vector<int> shuffled{1, 2, 3, 4, 5, 6, 7, 8};
  const auto before = shuffled;
  s.shuffle(3, shuffled);
  CHECK(shuffled != before);
  CHECK(std::is_permutation(shuffled.begin(), shuffled.end(), before.begin()));
}
