// tests/unit/language/functions.cpp: values and derivatives of the elementary functions.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

#include <cmath>

namespace {
void program(model& m) {
  auto x = m.state<"x", 1>();
  m.output<"exp">(exp(x));
  m.output<"log">(log(x));
  m.output<"tanh">(tanh(x));
  m.output<"softplus">(softplus(x));
  m.output<"sigmoid">(sigmoid(x));
  m.output<"sin">(sin(x));
  m.output<"cos">(cos(x));
  m.output<"sqrt">(sqrt(x));
  m.output<"sq">(sq(x));
  m.output<"pow2">(pow(x, 2));
  m.output<"pow3">(pow(x, 3));
  m.output<"pow-1.5">(pow(x, -1.5));
  m.output<"root">(pow(x, 0.5));
  m.output<"expm1">(expm1(x));
  m.output<"log1p">(log1p(x));
  m.output<"tan">(tan(x));
  m.output<"asin">(asin(x));
  m.output<"acos">(acos(x));
  m.output<"atan">(atan(x));
  m.output<"sinh">(sinh(x));
  m.output<"cosh">(cosh(x));
  m.output<"cbrt">(cbrt(x));
  m.output<"normal_cdf">(normal_cdf(x));
  m.output<"relu">(relu(x));
  m.output<"relu of -x">(relu(-x));
  m.output<"abs">(abs(x));
  m.output<"abs of -x">(abs(-x));
  m.output<"logistic">(logistic(x));
  m.output<"log_sigmoid">(log_sigmoid(x));
  m.output<"silu">(silu(x));
  m.output<"gelu">(gelu(x));
  m.output<"absolute">(absolute(x - 1.0));
  m.output<"pseudo_huber">(pseudo_huber(x));
  m.output<"frozen">(frozen(sq(x)));
  m.output<"detach">(detach(sq(x)));
}
}  // namespace

TEST_CASE("elementary functions") {
  const auto r = record(&program);
  interpreter run(r.view());
  const double x = 0.3;
  run.x[0] = x;
  auto check = [&](std::string_view name, double v, double slope) {
    const auto j = run(output_node(run.t, name))[0];
    INFO(name);
    CHECK(j[0] == Approx(v).epsilon(1e-12));
    CHECK(j[1] == Approx(slope).epsilon(1e-12));
  };
  check("exp", std::exp(x), std::exp(x));
  check("log", std::log(x), 1 / x);
  check("tanh", std::tanh(x), 1 - std::tanh(x) * std::tanh(x));
  check("softplus", std::log1p(std::exp(x)), 1 / (1 + std::exp(-x)));
  check("sigmoid", 1 / (1 + std::exp(-x)), std::exp(-x) / std::pow(1 + std::exp(-x), 2));
  check("sin", std::sin(x), std::cos(x));
  check("cos", std::cos(x), -std::sin(x));
  check("sqrt", std::sqrt(x), 0.5 / std::sqrt(x));
  check("sq", x * x, 2 * x);
  check("pow2", x * x, 2 * x);
  check("pow3", x * x * x, 3 * x * x);
  check("pow-1.5", std::pow(x, -1.5), -1.5 * std::pow(x, -2.5));
  check("root", std::sqrt(x), 0.5 / std::sqrt(x));
  check("expm1", std::expm1(x), std::exp(x));
  check("log1p", std::log1p(x), 1 / (1 + x));
  check("tan", std::tan(x), 1 + std::tan(x) * std::tan(x));
  check("asin", std::asin(x), 1 / std::sqrt(1 - x * x));
  check("acos", std::acos(x), -1 / std::sqrt(1 - x * x));
  check("atan", std::atan(x), 1 / (1 + x * x));
  check("sinh", std::sinh(x), std::cosh(x));
  check("cosh", std::cosh(x), std::sinh(x));
  check("cbrt", std::cbrt(x), std::cbrt(x) / (3 * x));
  const double s = 1 / (1 + std::exp(-x)), below = std::erfc(-x / std::sqrt(2.0)) / 2,
               bell = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
  check("normal_cdf", below, bell);
  check("relu", x, 1);
  check("relu of -x", 0, 0);
  check("abs", x, 1);
  check("abs of -x", x, 1);
  check("logistic", s, s * (1 - s));
  check("log_sigmoid", std::log(s), 1 - s);
  check("silu", x * s, s + x * s * (1 - s));
  check("gelu", x * below, below + x * bell);
  CHECK(run.value(output_node(run.t, "absolute")) == Approx(1 - x).margin(1e-6));
  CHECK(run(output_node(run.t, "absolute"))[0][1] == Approx(-1).margin(1e-6));
  check("pseudo_huber", 2 * (std::sqrt(1 + x * x) - 1), 2 * x / std::sqrt(1 + x * x));
  check("frozen", x * x, 2 * x);
  check("detach", x * x, 0);
}

TEST_CASE("pseudo_huber of a small number keeps its digits") {
  const auto r = record(&program);
  interpreter run(r.view());
  run.x[0] = 1e-9;
  CHECK(run.value(output_node(run.t, "pseudo_huber")) == Approx(1e-18).epsilon(1e-12));
}

TEST_CASE("whole powers are products where that is exact") {
  const auto r = record(&program);
  const table t = r.view();
  CHECK(t.nodes[output_node(t, "pow2")].o == op::sq);
  CHECK(t.nodes[output_node(t, "root")].o == op::sqrt);
  CHECK(t.nodes[output_node(t, "pow3")].o == op::power);
}
