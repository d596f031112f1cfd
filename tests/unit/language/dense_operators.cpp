// tests/unit/language/dense_operators.cpp: products with Jacobians and dense derivatives against dense differentiation by the
// oracle.
#include "catch.hpp"
#include "support/table_disagreements.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/oracle/oracle.hpp>

using namespace dimwise;
using namespace dimwise::testing;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6}, features{3}, mlp{5});
constexpr auto other = hollow_net<"other">(masked_mlp{4}, features{2}, mlp{3});
constexpr auto plain = network<"plain">(mlp{6, 5});
constexpr auto wide = network<"wide">(mlp{4});

/// A value that takes every rule of the forward Laplacian.
constexpr auto rules(Term auto x, Term auto t) {
  auto a = plain(x, t);
  auto b = wide(x, t);
  auto c = tanh(a) * softplus(b) - sigmoid(a) / (2.0 + sq(t)) + sin(b) * cos(a) + exp(0.3 * a) + t * sum(exp(0.5 * x));
  auto positive = 1.0 + sq(c);
  return log(positive) + sqrt(positive) + erf(a) * erfc(b) + sum_features(concat(a, t)) * slice<0, 1>(concat(b, a)) + frozen(a) +
         held(a) * b + gelu(a) + sinh(a) * cosh(b) + expm1(0.2 * a) * log1p(sq(b)) + tan(0.3 * tanh(a)) +
         asin(0.5 * tanh(a)) * acos(0.5 * tanh(b)) + atan(a) + cbrt(positive) + pow(positive, -1.5);
}

/// Two scalars: one whose series is known (a plain network), one that needs copies (a sum of HollowNets).
template <int Dims>
constexpr void operators(model& m) {
  auto x = m.state<"x", Dims>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto u = plain(x, t) * exp(sin(t) * sum(sq(x)));
  auto s = sum(f * x) + 0.5 * sum(D<1>(other(x, t)));
  m.output<"u">(u);
  m.output<"s">(s);
  m.output<"f">(f);
  m.output<"grad_u">(grad(u));
  m.output<"grad_s">(grad(s));
  m.output<"D3_u">(dense::D<3>(u));
  m.output<"D2_s">(dense::D<2>(s));
  m.output<"laplacian_u">(laplacian(u));
  m.output<"laplacian_s">(laplacian(s));
  m.output<"weighted_u">(laplacian(u, exp(f)));
  m.output<"every_rule">(laplacian(rules(x, t), 1.0 + sq(x)));
  m.output<"every_rule_D">(sum((1.0 + sq(x)) * dense::D<2>(rules(x, t))));
  m.output<"no_rule">(laplacian(abs(2.0 + sq(plain(x, t)))));
  m.output<"along_u">(jvp(u, f));
  m.output<"along_s">(jvp(s, f));
  m.output<"twice_along_s">(jvp<2>(s, x));
  m.output<"all_directions">(jvp(s, 1.0));
  m.output<"vjp">(vjp(f, x));
  m.output<"along_s_at">(at(jvp(s, f), x == 0.5 * t));
  m.output<"dt_of_grad">(dt(grad(u)));
}

constexpr void classes(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto u = plain(x, t);
  static_assert(decltype(grad(u))::k.l == level::dim && !decltype(grad(u))::k.dimwise &&
                decltype(laplacian(u))::k.l == level::point);
  static_assert(decltype(jvp(f, f))::k.why == because::it_is_a_product_with_a_direction_that_depends_on_x);
  static_assert(std::is_same_v<decltype(jvp(f, 1.0)), decltype(f)>);  // a constant direction: still dimension-wise differentiable
  static_assert(std::is_same_v<decltype(grad(exp(sum(sq(x))))), decltype(D<1>(exp(sum(sq(x)))))>);
  m.output<"D_of_jvp">(D<2>(x * jvp(f, t)));
  m.output<"at">(at(jvp(f, f) + grad(sum(f)) + dense::D<2>(u * x), x == 0.5, t == 1.0));
  m.output<"mirrored">(at(jvp(f, f), x == -x));
  m.output<"again">(dense::D<1>(u * x * grad(u)));
  m.output<"of_held">(jvp(held(f) * f + detach(x), x));
}
static_assert(first_wrong_kind(recording<operators<3>>::view) == -1);
static_assert(first_wrong_kind(recording<operators<1>>::view) == -1);
static_assert(first_wrong_kind(recording<classes>::view) == -1);

template <int Dims>
void check_operators() {
  const auto r = record(&operators<Dims>);
  const table t = r.view();
  basic_oracle<fifty_digits> o(t);
  o.set_parameters(draw_parameters(t, 4));
  sample_inputs here;
  here.time = 0.5;
  for (int i = 0; i < Dims; i++) here.state.push_back(0.75 - 0.5 * i);
  o.set_sample(here);
  const auto node = [&](const char* name) { return node_of_output(t, name); };
  const auto close = [](const fifty_digits& a, const fifty_digits& b) { return abs(a - b) <= 1e-9 * (1 + abs(b)); };
  const auto f = o.value(node("f"));
  fifty_digits laplacian_u = 0, laplacian_s = 0, weighted = 0, along_u = 0, along_s = 0, all = 0;
  for (int i = 0; i < Dims; i++) {
    const auto c = std::size_t(i);
    const auto du = o.dense_derivative(node("u"), i, 1)[0], ds = o.dense_derivative(node("s"), i, 1)[0];
    const auto d2u = o.dense_derivative(node("u"), i, 2)[0], d2s = o.dense_derivative(node("s"), i, 2)[0];
    CHECK(close(o.value(node("grad_u"))[c], du));
    CHECK(close(o.value(node("grad_s"))[c], ds));
    CHECK(close(o.value(node("D3_u"))[c], o.dense_derivative(node("u"), i, 3)[0]));
    CHECK(close(o.value(node("D2_s"))[c], d2s));
    CHECK(close(o.value(node("dt_of_grad"))[c], o.dense_derivative(node("u"), i, 1, 1)[0]));
    laplacian_u += d2u, laplacian_s += d2s, weighted += exp(f[c]) * d2u, along_u += f[c] * du, along_s += f[c] * ds, all += ds;
  }
  CHECK(close(o.value(node("every_rule"))[0], o.value(node("every_rule_D"))[0]));
  CHECK(abs(o.value(node("every_rule"))[0]) > 1e-2);
  CHECK(close(o.value(node("laplacian_u"))[0], laplacian_u));
  CHECK(close(o.value(node("laplacian_s"))[0], laplacian_s));
  CHECK(close(o.value(node("weighted_u"))[0], weighted));
  CHECK(close(o.value(node("along_u"))[0], along_u));
  CHECK(close(o.value(node("along_s"))[0], along_s));
  CHECK(close(o.value(node("all_directions"))[0], all));
  sample_inputs moving = here;
  for (double& v : moving.state) v = 0.25;
  o.set_sample(moving);
  const auto there = o.value(node("along_s"))[0];
  o.set_sample(here);
  CHECK(close(o.value(node("along_s_at"))[0], there));
  // along x itself: d^2/ds^2 of s(x (1 + e)) by a difference; J^T x of f by its columns
  const auto at = [&](const std::vector<double>& x, const char* name) {
    sample_inputs there = here;
    there.state = x;
    o.set_sample(there);
    return o.value(node(name));
  };
  const double h = 1.0 / 4096;
  const auto scaled = [&](double by) {
    std::vector<double> x = here.state;
    for (double& v : x) v *= 1 + by;
    return at(x, "s")[0];
  };
  const double second = double((scaled(h) - 2 * scaled(0) + scaled(-h)) / (h * h));
  o.set_sample(here);
  CHECK(double(o.value(node("twice_along_s"))[0]) == Approx(second).epsilon(1e-5));
  const auto product = o.value(node("vjp"));
  for (int j = 0; j < Dims; j++) {
    std::vector<double> more = here.state, less = here.state;
    more[std::size_t(j)] += h, less[std::size_t(j)] -= h;
    const auto a = at(more, "f"), b = at(less, "f");
    double sum = 0;
    for (int i = 0; i < Dims; i++) sum += here.state[std::size_t(i)] * double(a[std::size_t(i)] - b[std::size_t(i)]) / (2 * h);
    CHECK(double(product[std::size_t(j)]) == Approx(sum).epsilon(1e-5).margin(1e-7));
  }
}
}  // namespace

TEST_CASE("dense operators are what dense differentiation of the value says") {
  check_operators<3>();
  check_operators<1>();
}

TEST_CASE("kernels of dense operators agree with the oracle, and their gradients") {
  CHECK(table_disagreements(record(&operators<3>).view(), 5) == "");
  CHECK(table_disagreements(record(&operators<1>).view(), 6) == "");
  CHECK(table_disagreements(record(&classes).view(), 7) == "");
}

TEST_CASE("a product of a vector-valued function with a direction") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto s = sum(sq(x));
    m.output<"along">(jvp(x * s, sin(x) * s));  // J_ij = s delta_ij + 2 x_i x_j
    m.output<"held">(jvp(held(x) * s, x));      // 2 x_i s
    m.output<"D">(D<1>(jvp(x * s, m.constant<"c">(2.0))));
  });
  const table t = r.view();
  oracle o(t);
  o.set_parameters({});
  sample_inputs here;
  here.state = {0.5, -1, 2};
  o.set_sample(here);
  const double s = 5.25, dot = s * (0.5 * std::sin(0.5) + std::sin(1.0) + 2 * std::sin(2.0));
  for (std::size_t i = 0; i < 3; i++) {
    const double x = here.state[i];
    CHECK(double(o.value(node_of_output(t, "along"))[i]) == Approx(s * s * std::sin(x) + 2 * x * dot));
    CHECK(double(o.value(node_of_output(t, "held"))[i]) == Approx(2 * x * s));
    // 2 (s + 2 x_i sum x_j), by x_i
    CHECK(double(o.value(node_of_output(t, "D"))[i]) == Approx(2 * (2 * x + 2 * 1.5 + 2 * x)));
  }
  CHECK(table_disagreements(t) == "");
}

TEST_CASE("what has no product is refused in a sentence") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(dt(jvp(drift(x, m.time<"t">()), x)));
                    }),
                    Catch::Contains("dt<k>(v): v holds a Jacobian-vector product"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(jvp(jvp(drift(x, m.time<"t">()), x), x));
                    }),
                    Catch::Contains("another jvp"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(jvp(dt(drift(x, m.time<"t">())), x));
                    }),
                    Catch::Contains("another jvp"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(jvp(x, concat(x, x)));
                    }),
                    Catch::Contains("one feature"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 65>();
                      m.output<"r">(grad(sum(drift(x, m.time<"t">()))));
                    }),
                    Catch::Contains("64 dimensions"));
  CHECK_THROWS_WITH(record([](model& m) {
                      value x = m.state<"x", 2>();
                      m.output<"r">(D<1>(jvp(drift(x, m.time<"t">()), x)));
                    }),
                    Catch::Contains("dense"));
}
