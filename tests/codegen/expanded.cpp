// tests/codegen/expanded.cpp: derivatives written out: the rules by hand, and the numbers of all terms against the oracle's
// derivative.
#include "codegen/print/expanded.hpp"

#include <cmath>

#include "catch.hpp"
#include "codegen/print/from_table.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "dimwise/oracle/oracle.hpp"
#include "dimwise/report.hpp"
#include "support/folder.hpp"
#include "support/random_table.hpp"

using namespace dimwise;
using namespace dimwise::print;
using dimwise::testing::random_table;
using dimwise::testing::to_text;
using dimwise_tests::contains;

namespace {

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});
constexpr auto noise = hollow_net<"noise">(masked_mlp{4}, features{2}, mlp{4});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});

constexpr void fokker_planck(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto g = softplus(noise(x, t));
  auto p = exp(density(x, t));
  m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
}

constexpr void rules(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  m.output<"product">(D<1>(x * f));
  m.output<"quotient">(D<1>(f / (t * x)));
  m.output<"cube">(D<1>(pow(f, 3)));
  m.output<"twice">(D<1>(D<1>(x * x * x)));
  m.output<"mixed">(dt(D<1>(x * f * t)));
  m.output<"constant">(D<2>(3.0 * x + t));
  m.output<"exponential">(D<2>(exp(f)));
}

std::string expanded(const char* name) {
  const table& t = recording<rules>::view;
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == name) return as_text(from_table(t, {t.outputs[i].node}, true).roots[0]);
  return "?";
}

}  // namespace

TEST_CASE("products, quotients, powers and exponentials by hand") {
  CHECK(expanded("product") == "drift(x, t) + x * D<1>(drift(x, t))");
  CHECK(expanded("quotient") == "D<1>(drift(x, t)) / (t * x) - drift(x, t) / (t * sq(x))");
  CHECK(expanded("cube") == "3 * sq(drift(x, t)) * D<1>(drift(x, t))");
  CHECK(expanded("twice") == "6 * x");
  CHECK(expanded("constant") == "0");
  CHECK(expanded("exponential") == "exp(drift(x, t)) * sq(D<1>(drift(x, t))) + exp(drift(x, t)) * D<2>(drift(x, t))");
  CHECK(expanded("mixed") == "t * dt(drift(x, t)) + drift(x, t) + x * D<1>(drift(x, t)) + x * t * dt(D<1>(drift(x, t)))");
}

TEST_CASE("the Fokker-Planck equation written out, and divided by its density") {
  const table& t = recording<fokker_planck>::view;
  const expanded_equation e = expanded_sides(t, t.equations[0]);
  std::string names;
  for (const auto& [name, f] : e.definitions) names += name + " = " + as_text(f) + "; ";
  CHECK(contains(names, "p = exp(density(x, t)); "));
  CHECK(contains(names, "v1 = softplus(noise(x, t)); "));
  CHECK(as_text(e.lhs) == "p * dt(density(x, t))");
  REQUIRE(e.divided);
  CHECK(as_text(e.divisor) == "p");
  CHECK(as_text(e.divided_lhs) == "dt(density(x, t))");
  const std::string rhs = as_text(e.divided_rhs);
  INFO(rhs);
  CHECK(contains(rhs, "-sum(D<1>(drift(x, t)) + drift(x, t) * D<1>(density(x, t)))"));
  CHECK(contains(rhs, "2 * sq(D<1>(v1)) + 4 * v1 * D<1>(v1) * D<1>(density(x, t)) + 2 * v1 * D<2>(v1)"));
  CHECK(contains(rhs, "sq(v1) * D<2>(density(x, t))"));
  CHECK(contains(rhs, "sq(v1) * sq(D<1>(density(x, t)))"));
  CHECK_FALSE(contains(rhs, "exp"));
  // a power of a derivative is not the derivative of a power
  const std::string latex = as_latex(e.divided_rhs, "x", "t");
  INFO(latex);
  CHECK(contains(latex, "2 \\, \\left(\\frac{\\partial \\mathrm{v1}_i}{\\partial x_i}\\right)^{2}"));
  CHECK(contains(as_mathml(e.divided_rhs, "x", "t"), "<msup><mrow><mrow><mo>(</mo><mfrac>"));
  const std::string page = report_page("t").expanded_equations(t).html();
  CHECK(contains(page, "<math display='block'>"));
  CHECK(contains(page, "<details><summary>LaTeX</summary><pre>"));
  CHECK(contains(page, "divided by p, as it is computed"));
  CHECK_FALSE(contains(page, "http"));
}

TEST_CASE("the terms of a derivative add up to it, on random recordings") {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 120; seed++) {
    const auto b = random_table(seed);
    const table t = b.view();
    basic_oracle<fifty_digits> o(t);
    o.set_parameters(draw_parameters(t, seed));
    o.set_sample(draw_sample(t, seed, 0));
    for (int i = 0; i < t.node_count; i++) {
      const node& x = t.nodes[i];
      if ((x.o != op::D && x.o != op::dt) || x.n > 2 || x.k.width != 1) continue;
      const auto terms = derivative_terms(t, i);
      if (!terms) continue;
      bool narrow = true;
      for (const auto& y : *terms)
        for (const auto& f : y.factors) narrow = narrow && t.nodes[f.node].k.width == 1 && f.k + f.m <= 3;
      if (!narrow) continue;
      for (int c = 0; c < t.d; c++) {
        fifty_digits sum = 0, largest = 1;
        for (const auto& y : *terms) {
          fifty_digits product = y.coefficient;
          for (const auto& f : y.factors) product *= pow(o.dense_derivative(f.node, c, f.k, f.m)[0], f.power);
          sum += product;
          largest = std::max(largest, fifty_digits(abs(product)));
        }
        INFO("seed " << seed << " node " << i << "\n" << to_text(t));
        CHECK(double(fifty_digits(abs(sum - o.component(i, x.k.l == level::dim ? c : 0)[0]) / largest)) < 1e-6);
        compared++;
      }
    }
  }
  CHECK(compared > 100);
}
