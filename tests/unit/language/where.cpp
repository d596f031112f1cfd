// tests/unit/language/where.cpp: choices by comparisons, what is made of them, and the error function, through compiled kernels.
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/evaluator.hpp"

using namespace dimwise;

namespace {

constexpr void choices(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  m.output<"below">(where(x < t, sq(x), 3.0));
  m.output<"slope">(D<1>(where(x < t, sq(x), 3.0)));
  m.output<"border">(where(x <= 1.0, 1.0, 2.0));
  m.output<"strict">(where(x < 1.0, 1.0, 2.0));
  m.output<"above">(where(x > 1.0, 1.0, 2.0));
  m.output<"abs">(abs(x));
  m.output<"abs_slope">(D<1>(abs(x)));
  m.output<"min">(min(x, t));
  m.output<"max">(max(x, 0.5));
  m.output<"relu">(relu(x));
  m.output<"relu_slope">(D<1>(relu(sq(x) - 2.0)));
  m.output<"in_time">(dt(where(t > 1.0, t * t, t)));
  m.output<"vector">(where(x > 0.0, concat(x, t), concat(t, x)));
  m.output<"erf">(erf(x));
  m.output<"erfc">(erfc(x));
  m.output<"bend">(D<2>(erf(x)));
  m.output<"gelu">(gelu(x));
  m.output<"silu">(silu(x));
  m.output<"tan">(tan(x));
  m.output<"cosh">(cosh(x));
  m.output<"angle">(atan2(x, t - 1.0));
  m.output<"angle_slope">(D<1>(atan2(x, t - 1.0)));
  m.output<"turn">(dt(atan2(sin(3.0 * t) + 0.0 * x, cos(3.0 * t) + 0.0 * x)));
  m.output<"power">(pow(abs(x) + 1.0, x));
}

constexpr void safe(model& m) {
  auto x = m.state<"x", 1>();
  auto a = m.parameter<"a">(1.0);
  m.stage<"fit">();
  m.minimize<"root">(sum(where(x > 0.0, sqrt(where(x > 0.0, a * x, 1.0)), a * x)), m.box<"points">(-1, 1));
}

}  // namespace

TEST_CASE("a choice has the value and derivatives of the branch that is taken", "[language]") {
  const evaluator<choices> values;
  const std::vector<double> x{-1.5, 1, 0.25, 2.5}, t{0.5, 1.25};
  const auto r = values({}, "x"_in = x, "t"_in = t);
  for (std::size_t k = 0; k < 4; k++) {
    const double v = x[k], s = t[k / 2];
    INFO("x = " << v << ", t = " << s);
    CHECK(r.of("below")[k] == (v < s ? v * v : 3.0));
    CHECK(r.of("slope")[k] == (v < s ? 2 * v : 0.0));
    CHECK(r.of("border")[k] == (v <= 1 ? 1.0 : 2.0));
    CHECK(r.of("strict")[k] == (v < 1 ? 1.0 : 2.0));
    CHECK(r.of("above")[k] == (v > 1 ? 1.0 : 2.0));
    CHECK(r.of("abs")[k] == std::abs(v));
    CHECK(r.of("abs_slope")[k] == (v < 0 ? -1 : 1));
    CHECK(r.of("min")[k] == std::min(v, s));
    CHECK(r.of("max")[k] == std::max(v, 0.5));
    CHECK(r.of("relu")[k] == std::max(v, 0.0));
    CHECK(r.of("relu_slope")[k] == (v * v > 2 ? 2 * v : 0.0));
    CHECK(r.of("vector")[2 * k] == (v > 0 ? v : s));
    CHECK(r.of("vector")[2 * k + 1] == (v > 0 ? s : v));
    CHECK(r.of("erf")[k] == Approx(std::erf(v)).epsilon(1e-14));
    CHECK(r.of("erfc")[k] == Approx(std::erfc(v)).epsilon(1e-14));
    CHECK(r.of("bend")[k] == Approx(-4 * v / std::sqrt(std::acos(-1.0)) * std::exp(-v * v)).epsilon(1e-13));
    CHECK(r.of("gelu")[k] == Approx(0.5 * v * (1 + std::erf(v / std::sqrt(2.0)))).epsilon(1e-13));
    CHECK(r.of("silu")[k] == Approx(v / (1 + std::exp(-v))).epsilon(1e-13));
    CHECK(r.of("tan")[k] == Approx(std::tan(v)).epsilon(1e-13));
    CHECK(r.of("cosh")[k] == Approx(std::cosh(v)).epsilon(1e-13));
    CHECK(r.of("angle")[k] == Approx(std::atan2(v, s - 1)).epsilon(1e-13));
    CHECK(r.of("angle_slope")[k] == Approx((s - 1) / (v * v + (s - 1) * (s - 1))).epsilon(1e-13));
    CHECK(r.of("turn")[k] == Approx(3).epsilon(1e-13));
    CHECK(r.of("power")[k] == Approx(std::pow(std::abs(v) + 1, v)).epsilon(1e-13));
  }
  CHECK(r.of("in_time")[0] == 1);
  CHECK(r.of("in_time")[1] == 2.5);
}

TEST_CASE("a comparison with NaN does not hold", "[language]") {
  const evaluator<choices> values;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto r = values({}, "x"_in = std::vector<double>{nan, 0}, "t"_in = std::vector<double>{nan});
  CHECK(r.of("border")[0] == 2);
  CHECK(r.of("above")[0] == 2);
}

TEST_CASE("a gradient passes through the branch that is taken alone", "[language]") {
  const compiled_model compiled = compile<safe>("safe");
  const auto& k = *compiled.in_double.objectives[0];
  const std::vector<double> parameters{4}, x{0.25, -0.5}, one{1, 1};
  arguments<double> in;
  in.samples = 2;
  in.state = x.data();
  const double* cotangents[] = {one.data()};
  double* out[] = {nullptr};
  double gradient = 0;
  std::vector<double> space(k.gradient_workspace() + 64);
  k.gradient(parameters.data(), in, 0, 2, cotangents, out, &gradient, space.data());
  CHECK(gradient == Approx(0.125 - 0.5).epsilon(1e-14));  // x / (2 sqrt(a x)) + x
}
