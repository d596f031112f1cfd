// tests/unit/solvers/adjoint.cpp: gradients of solves against 50-digit finite differences, and digits that memory and threads do
// not change.
#include "dimwise/solvers/adjoint.hpp"

#include <cmath>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/oracle/oracle.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

constexpr int d = 3;
constexpr auto drift = hollow_net<"drift">(masked_mlp{7}, features{3}, mlp{6});
constexpr void hollow_field(model& m) {
  auto x = m.state<"x", d>();
  auto f = 2.0 * drift(x, concat(m.time<"t">(), m.input<"context">()));
  m.flow<"network">(f, carry<"energy">(sum(sq(f))));
}

ode_case& net() {
  static ode_case c(compile<hollow_field>("network"), 4);
  return c;
}

/// Starts, contexts, and a loss sum_s sum_i sin(3 i + s + 1) x_i(t1) + cos(s) q_0 + 0.3 q_1 + 0.1 x_0(t1)^2.
template <class T>
struct task {
  std::size_t samples;
  std::vector<T> state, context;
  const T* inputs[1];
  explicit task(std::size_t n) : samples(n) {
    for (std::size_t e = 0; e < n * d; e++) state.push_back(T(std::sin(double(e) * 1.3)));
    for (std::size_t s = 0; s < n; s++) context.push_back(T(std::cos(double(s))));
    inputs[0] = context.data();
  }
  static double weight(std::size_t s, std::size_t i) { return std::sin(double(3 * i + s + 1)); }
  static void derivative(std::size_t begin, std::size_t end, const T* x, const T*, T* by_x, T* by_q) {
    for (std::size_t s = begin; s < end; s++, x += d, by_x += d, by_q += 2) {
      for (std::size_t i = 0; i < d; i++) by_x[i] = T(weight(s, i));
      by_x[0] += T(0.2) * x[0];
      by_q[0] = T(std::cos(double(s))), by_q[1] = T(0.3);
    }
  }
};

template <class T>
struct gradients {
  std::vector<double> parameters;
  std::vector<T> state, context;
  ode_solution<T> solution;
};
template <class T>
gradients<T> pulled_back(const task<T>& of, const explicit_options<T>& o, const adjoint_options<T>& how = {}, int threads = 1) {
  gradients<T> g;
  g.parameters.assign(net().parameters.size(), 0.0);
  g.state.resize(of.state.size()), g.context.resize(of.context.size());
  ode_problem<T> p;
  if constexpr (sizeof(T) == 8) p = net().problem();
  else p = net().problem_in_float();
  p.inputs = of.inputs;
  T* inputs[] = {g.context.data()};
  g.solution = solve_with_gradient<T>(p, {of.samples, of.state.data(), nullptr, 0.2, 1.4}, o, task<T>::derivative,
                                      {g.parameters.data(), g.state.data(), inputs}, how, threads);
  return g;
}

/// The loss of sample 0 in 50 digits, by the same steps.
fifty_digits loss(const std::vector<fifty_digits>& parameters, std::vector<fifty_digits> x, double context,
                  const runge_kutta_table& t, const step_record& steps) {
  const table& recording = net().model.recording;
  basic_oracle<fifty_digits> oracle(recording);
  oracle.set_sample({{}, 0, {{context}}, {}});
  const ode_entry& ode = recording.odes[0];
  fifty_digits q[2] = {0, 0};
  for (std::size_t r = 0; r < steps.steps(); r++) {
    std::vector<std::vector<fifty_digits>> k, rate;
    const fifty_digits h = steps.length[r];
    const int used = stages_of_a_step(t);
    for (int i = 0; i < used; i++) {
      auto y = x;
      for (int j = 0; j < i; j++)
        for (int e = 0; e < d; e++) y[std::size_t(e)] += h * t.a[i][j] * k[std::size_t(j)][std::size_t(e)];
      oracle.set_exactly(parameters, y, steps.time[r] + t.c[i] * h);
      k.push_back(oracle.value(ode.field));
      rate.push_back({oracle.value(ode.carried[0].node)[0], oracle.value(ode.carried[1].node)[0]});
    }
    for (int i = 0; i < used; i++) {
      for (int e = 0; e < d; e++) x[std::size_t(e)] += h * t.b[i] * k[std::size_t(i)][std::size_t(e)];
      for (int j = 0; j < 2; j++) q[j] += h * t.b[i] * rate[std::size_t(i)][std::size_t(j)];
    }
  }
  fifty_digits sum = q[0] + q[1] * 0.3 + x[0] * x[0] * 0.1;
  for (std::size_t i = 0; i < d; i++) sum += x[i] * task<double>::weight(0, i);
  return sum;
}

/// Whether entry e of the parameter vector is structurally zero.
bool masked(std::size_t e) {
  const table& t = net().model.recording;
  for (int w = 0; w < t.tensor_count; w++) {
    const tensor& x = t.tensors[w];
    const int at = int(e) - x.offset;
    if (at < 0 || at >= x.size()) continue;
    const int columns = x.shape[x.rank - 1], rows = x.rank > 1 ? x.shape[x.rank - 2] : 1;
    return !allowed(x, at / columns / rows, at / columns % rows, at % columns);
  }
  return true;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double r = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); i++) r = std::max(r, std::abs(a[i] - b[i])), size = std::max(size, std::abs(b[i]));
  return r / size;
}

}  // namespace

TEST_CASE("gradients of solves against finite differences in 50 digits") {
  const task<double> one(1);
  for (const scheme s : {scheme::rk4, scheme::dopri5, scheme::dopri8, scheme::tsit5}) {
    explicit_options<double> o;
    o.method = s;
    o.keep_steps = true;
    if (s == scheme::rk4) o.fixed_steps = 3;
    else o.rtol = o.atol = 1e-3;
    const auto g = pulled_back(one, o);
    REQUIRE(g.solution.ok());
    step_record steps = g.solution.steps;
    if (o.fixed_steps)
      for (int r = 0; r < 3; r++) steps.time.push_back(0.2 + 1.2 * (r / 3.0)), steps.length.push_back(1.2 / 3);
    INFO(coefficients(s).name << ", " << steps.steps() << " steps");
    CHECK(steps.steps() >= 2);
    const fifty_digits u = 1e-20;
    const std::vector<fifty_digits> p(net().parameters.begin(), net().parameters.end()), x(one.state.begin(), one.state.end());
    const auto difference = [&](const std::vector<fifty_digits>& p1, const std::vector<fifty_digits>& x1,
                                const std::vector<fifty_digits>& p2, const std::vector<fifty_digits>& x2) {
      const auto& t = coefficients(s);
      return double((loss(p1, x1, one.context[0], t, steps) - loss(p2, x2, one.context[0], t, steps)) / (2 * u));
    };
    std::vector<double> exact, found;
    for (std::size_t e = 1; e < p.size(); e += p.size() / 19) {
      if (masked(e)) continue;
      auto up = p, down = p;
      up[e] += u, down[e] -= u;
      exact.push_back(difference(up, x, down, x));
      found.push_back(g.parameters[e]);
    }
    for (std::size_t e = 0; e < x.size(); e++) {
      auto up = x, down = x;
      up[e] += u, down[e] -= u;
      exact.push_back(difference(p, up, p, down));
      found.push_back(g.state[e]);
    }
    CHECK(distance(found, exact) < 1e-12);  // the bar is 1e-7
  }
}

TEST_CASE("gradients by inputs, of a batch, in single precision, and the continuous adjoint") {
  const task<double> many(130);
  explicit_options<double> o;
  o.fixed_steps = 24;
  o.method = scheme::rk4;
  const auto g = pulled_back(many, o);
  // by the context of sample 7
  const auto end = [&](double by) {
    task<double> moved(many);
    moved.context[7] += by;
    moved.inputs[0] = moved.context.data();
    auto p = net().problem();
    p.inputs = moved.inputs;
    const auto r = solve_explicit<double>(p, {moved.samples, moved.state.data(), nullptr, 0.2, 1.4}, o);
    double sum = std::cos(7.0) * r.carried[14] + 0.3 * r.carried[15] + 0.1 * r.state[21] * r.state[21];
    for (std::size_t i = 0; i < d; i++) sum += task<double>::weight(7, i) * r.state[21 + i];
    return sum;
  };
  CHECK(std::abs((end(1e-5) - end(-1e-5)) / 2e-5 - g.context[7]) < 1e-8);
  // a batch is the sum of its samples
  std::vector<double> sum(g.parameters.size(), 0.0);
  for (std::size_t s = 0; s < many.samples; s++) {
    task<double> one(1);
    std::copy_n(many.state.begin() + std::ptrdiff_t(s * d), d, one.state.begin());
    one.context[0] = many.context[s];
    auto p = net().problem();
    p.inputs = one.inputs;
    solve_with_gradient<double>(p, {1, one.state.data(), nullptr, 0.2, 1.4}, o,
                                [&](std::size_t, std::size_t, const double* x, const double* q, double* by_x, double* by_q) {
                                  task<double>::derivative(s, s + 1, x, q, by_x, by_q);
                                },
                                {sum.data(), nullptr, nullptr});
  }
  CHECK(distance(g.parameters, sum) < 1e-12);

  explicit_options<float> f;
  f.fixed_steps = 24;
  f.method = scheme::rk4;
  const auto single = pulled_back(task<float>(130), f);
  CHECK(distance(single.parameters, g.parameters) < 1e-4);

  adjoint_options<double> continuous;
  continuous.how = adjoint::continuous;
  double before = 0;
  for (const std::size_t steps : {12, 24}) {
    o.fixed_steps = steps;
    const double apart = distance(pulled_back(many, o, continuous).parameters, pulled_back(many, o).parameters);
    INFO(steps << " steps: " << apart);
    CHECK(apart < 1e-4);
    CHECK(apart > 1e-12);
    if (before > 0) CHECK(before / apart > 10);  // both are of order 4
    before = apart;
  }
}

TEST_CASE("quantities that are carried on the way back have the same values and gradients") {
  const task<double> many(70);
  for (const std::size_t fixed : {std::size_t(5), std::size_t(0)}) {
    explicit_options<double> o;
    o.fixed_steps = fixed;
    o.rtol = o.atol = 1e-4;
    adjoint_options<double> late;
    late.carried_on_the_way_back = true;
    const auto a = pulled_back(many, o), b = pulled_back(many, o, late);
    CHECK(distance(b.parameters, a.parameters) < 1e-13);
    CHECK(distance(b.state, a.state) < 1e-13);
    CHECK(distance(b.solution.carried, a.solution.carried) < 1e-13);
    late.memory = 1;
    CHECK(pulled_back(many, o, late).solution.carried == b.solution.carried);
  }
  adjoint_options<double> wrong;
  wrong.how = adjoint::continuous, wrong.carried_on_the_way_back = true;
  CHECK_THROWS_AS(pulled_back(many, {}, wrong), error);
}

TEST_CASE("checkpoints and threads leave every digit as it is") {
  const task<double> many(150);
  for (const std::size_t fixed : {std::size_t(29), std::size_t(0)}) {
    explicit_options<double> o;
    o.fixed_steps = fixed;
    o.rtol = o.atol = 1e-6;
    const auto all = pulled_back(many, o);
    adjoint_options<double> little;
    for (const std::size_t memory : {std::size_t(1), std::size_t(20000)}) {
      little.memory = memory;
      const auto g = pulled_back(many, o, little);
      CHECK(g.parameters == all.parameters);
      CHECK(g.state == all.state);
      CHECK(g.context == all.context);
      CHECK(g.solution.counters.field > all.solution.counters.field);
    }
    const auto threads = pulled_back(many, o, {}, 3);
    CHECK(threads.parameters == all.parameters);
    CHECK(threads.state == all.state);
    const auto forward = [&] {
      auto p = net().problem();
      p.inputs = many.inputs;
      return solve_explicit<double>(p, {many.samples, many.state.data(), nullptr, 0.2, 1.4}, o);
    }();
    CHECK(forward.state == all.solution.state);
    CHECK(forward.carried == all.solution.carried);
  }
}

TEST_CASE("equal steps that leave the finite numbers say so, and have no gradient") {
  task<double> of(3);
  of.state[3] = std::nan("");
  explicit_options<double> o;
  o.method = scheme::rk4, o.fixed_steps = 4;
  for (const bool late : {false, true}) {
    const auto g = pulled_back<double>(of, o, {adjoint::discrete, std::size_t(1) << 20, late});
    CHECK(g.solution.status == solve_status::not_finite);
    CHECK(g.solution.text.find("sample 1") != std::string::npos);
    for (const double v : g.parameters) CHECK(v == 0);
    for (const double v : g.state) CHECK(v == 0);
  }
  auto p = net().problem();
  CHECK_THROWS_WITH(solve_with_gradient<double>(p, {3, of.state.data(), nullptr, 0, 1}, o, task<double>::derivative, {}),
                    Catch::Contains("inputs"));
}
