// tests/unit/solvers/explicit_solve.cpp: orders, closed forms, step control, dense output, events, and digits that depend on
// nothing else.
#include "dimwise/solvers/explicit_solve.hpp"

#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include "catch.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// A pendulum whose weight changes in time.
constexpr void pendulum(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto turn = m.input_per_dim<"turn", 2>();  // (1, 0) for the angle, (0, -1) for the speed
  auto angle = sum(slice<0, 1>(turn) * x), speed = -sum(slice<1, 1>(turn) * x);
  auto f = slice<0, 1>(turn) * speed + slice<1, 1>(turn) * sin(angle) * cos(t);
  m.ode<"pendulum">(f, carry<"energy">(sum(sq(f))));
}

constexpr void growing(model& m) { m.ode<"growing">(2.0 * cos(2.0 * m.time<"t">()) * m.state<"x", 1>()); }

/// dx_i/dt = a_i(t) x_i + 1: closed form for each coordinate, log density minus the integral of the trace.
template <int d>
constexpr void linear_flow(model& m) {
  auto x = m.state<"x", d>();
  auto rate = m.input_per_dim<"rate">();
  m.flow<"linear">(rate * x + 1.0);
}

/// An Ornstein-Uhlenbeck bridge's probability flow: dx/dt = m'(t) + s'(t)/s(t) (x - m(t)), with m(t) = sin t, s(t)^2 = 1 - exp(-2
/// t - 1/2).
template <int d>
constexpr void bridge(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto decay = exp(-2.0 * t - 0.5);
  m.flow<"bridge">(cos(t) + decay / (1.0 - decay) * (x - sin(t)));
}

constexpr auto drift = hollow_net<"drift">(masked_mlp{12}, features{4}, mlp{8});
constexpr void hollow_field(model& m) {
  auto x = m.state<"x", 3>();
  m.flow<"network">(drift(x, m.time<"t">()));
}

ode_case& pendulums() {
  static ode_case c(compile<pendulum>("pendulum"), 1);
  return c;
}
struct pendulum_start {
  std::vector<double> state, turn;
  const double* inputs[1];
  explicit pendulum_start(std::size_t samples) {
    for (std::size_t s = 0; s < samples; s++) {
      state.insert(state.end(), {1.0 + 0.37 * double(s), 0.2 - 0.1 * double(s)});
      turn.insert(turn.end(), {1.0, 0.0, 0.0, -1.0});
    }
    inputs[0] = turn.data();
  }
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double d = 0;
  for (std::size_t i = 0; i < a.size(); i++) d = std::max(d, std::abs(a[i] - b[i]));
  return d;
}

}  // namespace

TEST_CASE("the order of every scheme is the one in its name") {
  static ode_case growth(compile<growing>("growing"), 1);
  // x = exp(sin(2 t)); the largest error at eight times
  const auto error = [&](scheme s, std::size_t steps) {
    explicit_options<double> o;
    o.method = s;
    o.fixed_steps = steps;
    for (int i = 1; i <= 8; i++) o.save_at.push_back(0.5 * i);
    const double one = 1;
    const auto r = solve_explicit<double>(growth.problem(), {1, &one, nullptr, 0, 4}, o);
    REQUIRE(r.ok());
    double worst = 0;
    for (int i = 1; i <= 8; i++) worst = std::max(worst, std::abs(r.saved[std::size_t(i - 1)] - std::exp(std::sin(double(i)))));
    return worst;
  };
  for (const scheme s : all_schemes) {
    const runge_kutta_table& t = coefficients(s);
    const std::size_t first = t.order == 1 ? 512 : t.order < 5 ? 96 : t.order == 5 ? 48 : 16;
    const double coarse = error(s, first), middle = error(s, 2 * first), fine = error(s, 4 * first);
    const double order = 2 * std::log2(middle / fine) - std::log2(coarse / middle);  // extrapolated to steps of length zero
    INFO(t.name << ": " << order << " from errors " << coarse << ", " << middle << ", " << fine);
    CHECK(std::abs(order - t.order) < 0.1);
  }
}

TEST_CASE("adaptive steps reach the tolerance; the counters add up") {
  const pendulum_start at(1);
  auto p = pendulums().problem();
  p.inputs = at.inputs;
  const auto solved = [&](const explicit_options<double>& o) {
    return solve_explicit<double>(p, {1, at.state.data(), nullptr, 0.3, 4.3}, o);
  };
  explicit_options<double> fine;
  fine.method = scheme::dopri8;
  fine.fixed_steps = 800;
  const auto exact = solved(fine);
  for (const scheme s : {scheme::bosh3, scheme::dopri5, scheme::tsit5, scheme::dopri8})
    for (const double tolerance : {1e-4, 1e-8}) {
      explicit_options<double> o;
      o.method = s;
      o.rtol = o.atol = tolerance;
      o.keep_steps = true;
      const auto r = solved(o);
      INFO(coefficients(s).name << " at " << tolerance << ": " << r.text);
      REQUIRE(r.status == solve_status::success);
      CHECK(distance(r.state, exact.state) < 100 * tolerance);
      CHECK(distance(r.carried, exact.carried) < 100 * tolerance);
      CHECK(r.counters.field == 2 + (r.counters.accepted + r.counters.rejected) * std::size_t(coefficients(s).stages - 1));
      CHECK(r.steps.steps() == r.counters.accepted);
      CHECK(std::abs(std::accumulate(r.steps.length.begin(), r.steps.length.end(), 0.0) - 4) < 1e-12);
    }
}

template <int d>
void check_closed_forms() {
  static ode_case line(compile<linear_flow<d>>("linear"), 1), curve(compile<bridge<d>>("bridge"), 1);
  constexpr std::size_t samples = 3;
  std::vector<double> state, rate;
  for (std::size_t e = 0; e < samples * d; e++)
    state.push_back(std::sin(double(e))), rate.push_back(0.1 + std::cos(double(2 * e)));
  const double* inputs[] = {rate.data()};
  explicit_options<double> o;
  o.rtol = o.atol = 1e-10;
  o.method = scheme::dopri8;
  for (const error_control c : {error_control::per_sample, error_control::per_batch}) {
    o.control = c;
    auto p = line.problem();
    p.inputs = inputs;
    const auto r = solve_explicit<double>(p, {samples, state.data(), nullptr, 0, 1.5}, o);
    REQUIRE(r.ok());
    const auto b = solve_explicit<double>(curve.problem(), {samples, state.data(), nullptr, 0.1, 2}, o);
    REQUIRE(b.ok());
    double worst_state = 0, worst_density = 0;
    for (std::size_t s = 0; s < samples; s++) {
      double trace = 0;
      const auto deviation = [](double t) { return std::sqrt(1 - std::exp(-2 * t - 0.5)); };
      const double ratio = deviation(2) / deviation(0.1);
      for (int i = 0; i < d; i++) {
        const std::size_t e = s * d + std::size_t(i);
        const double grown = std::exp(1.5 * rate[e]);
        worst_state = std::max(worst_state, std::abs(r.state[e] - (state[e] * grown + (grown - 1) / rate[e])));
        trace += 1.5 * rate[e];
        worst_state = std::max(worst_state, std::abs(b.state[e] - (std::sin(2.0) + ratio * (state[e] - std::sin(0.1)))));
      }
      worst_density = std::max({worst_density, std::abs(r.carried[s] + trace), std::abs(b.carried[s] + d * std::log(ratio))});
    }
    INFO("d = " << d);
    CHECK(worst_state < 1e-8);
    CHECK(worst_density < 1e-8);
  }
}
TEST_CASE("log densities of a linear flow and of a bridge have their closed form") {
  check_closed_forms<2>();
  check_closed_forms<16>();
  check_closed_forms<64>();
}

TEST_CASE("forward and backward again, in both precisions") {
  static ode_case net(compile<hollow_field>("network"), 4);
  constexpr std::size_t samples = 70;
  std::vector<double> state;
  for (std::size_t e = 0; e < samples * 3; e++) state.push_back(std::sin(double(e) * 1.3));
  explicit_options<double> o;
  const auto there = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, 3}, o);
  const auto back = solve_explicit<double>(net.problem(), {samples, there.state.data(), there.carried.data(), 3, 0}, o);
  CHECK(distance(back.state, state) < 1e-5);
  CHECK(distance(back.carried, std::vector<double>(samples, 0.0)) < 1e-5);
  CHECK(distance(there.state, state) > 0.1);
  const std::vector<float> single(state.begin(), state.end());
  explicit_options<float> f;
  f.rtol = f.atol = 1e-5;
  const auto rough = solve_explicit<float>(net.problem_in_float(), {samples, single.data(), nullptr, 0, 3}, f);
  for (std::size_t e = 0; e < state.size(); e++) CHECK(std::abs(double(rough.state[e]) - there.state[e]) < 1e-3);

  SECTION("digits do not depend on threads, nor on who shares the batch") {
    for (const error_control c : {error_control::per_sample, error_control::per_batch}) {
      o.control = c;
      const auto one = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, 3}, o, 1);
      const auto three = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, 3}, o, 3);
      CHECK(one.state == three.state);
      CHECK(one.carried == three.carried);
      CHECK(one.counters.field == three.counters.field);
    }
    o.control = error_control::per_sample;
    const auto alone = solve_explicit<double>(net.problem(), {1, state.data() + 3 * 41, nullptr, 0, 3}, o);
    CHECK(std::vector<double>(there.state.begin() + 123, there.state.begin() + 126) == alone.state);
  }
  SECTION("saved values lie on the solution") {
    o.save_at = {0, 0.01, 1, 2.2, 3};
    const auto r = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, 3}, o);
    CHECK(r.state == there.state);
    CHECK(std::vector<double>(r.saved.begin(), r.saved.begin() + std::ptrdiff_t(state.size())) == state);
    CHECK(std::vector<double>(r.saved.end() - std::ptrdiff_t(state.size()), r.saved.end()) == r.state);
    for (const std::size_t at : {1, 2, 3}) {
      explicit_options<double> tight;
      tight.rtol = tight.atol = 1e-11;
      const auto exact = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, o.save_at[at]}, tight);
      const auto begin = r.saved.begin() + std::ptrdiff_t(at * state.size());
      CHECK(distance(exact.state, std::vector<double>(begin, begin + std::ptrdiff_t(state.size()))) < 1e-5);
      const auto carried = r.saved_carried.begin() + std::ptrdiff_t(at * samples);
      CHECK(distance(exact.carried, std::vector<double>(carried, carried + samples)) < 1e-5);
    }
  }
  SECTION("an event stops each sample at its own time") {
    o.event = [](const double* x, double) { return x[0] - 0.35; };
    o.rtol = o.atol = 1e-9;
    const auto r = solve_explicit<double>(net.problem(), {samples, state.data(), nullptr, 0, 3}, o);
    CHECK(r.status == solve_status::stopped_at_event);
    int stopped = 0;
    for (std::size_t s = 0; s < samples; s++) {
      if (r.end[s] == 3) continue;
      stopped++;
      CHECK(std::abs(r.state[3 * s] - 0.35) < 1e-12);
      explicit_options<double> tight;
      tight.rtol = tight.atol = 1e-11;
      const auto exact = solve_explicit<double>(net.problem(), {1, state.data() + 3 * s, nullptr, 0, r.end[s]}, tight);
      CHECK(std::abs(exact.state[0] - 0.35) < 1e-6);
    }
    CHECK(stopped > 5);
    CHECK(stopped < int(samples));
  }
}

TEST_CASE("what cannot be solved says so") {
  const pendulum_start at(2);
  auto p = pendulums().problem();
  p.inputs = at.inputs;
  explicit_options<double> o;
  o.most_steps = 3;
  o.rtol = o.atol = 1e-12;
  const auto few = solve_explicit<double>(p, {2, at.state.data(), nullptr, 0, 50}, o);
  CHECK(few.status == solve_status::too_many_steps);
  CHECK(few.end[1] < 50);
  CHECK(few.text.find("as many steps as it was allowed") != std::string::npos);
  std::vector<double> bad = at.state;
  bad[2] = std::nan("");
  CHECK(solve_explicit<double>(p, {2, bad.data(), nullptr, 0, 5}, {}).status == solve_status::not_finite);
  o = {};
  o.method = scheme::rk4;
  CHECK_THROWS_WITH(solve_explicit<double>(p, {2, at.state.data(), nullptr, 0, 5}, o), Catch::Contains("no error estimate"));
  o = {};
  o.save_at = {6};
  CHECK_THROWS_WITH(solve_explicit<double>(p, {2, at.state.data(), nullptr, 0, 5}, o), Catch::Contains("save_at"));
  CHECK(named_inputs<double>(*p.recording, {{"turn", at.turn.data()}}).data()[0] == at.turn.data());
  CHECK_THROWS_WITH(named_inputs<double>(*p.recording, {}), Catch::Contains("'turn' of the model must be given once"));
  CHECK_THROWS_WITH(named_inputs<double>(*p.recording, {{"turn", nullptr}, {"other", nullptr}}),
                    Catch::Contains("no input 'other'"));
  p.inputs = nullptr;
  CHECK_THROWS_WITH(solve_explicit<double>(p, {2, at.state.data(), nullptr, 0, 5}, {}), Catch::Contains("inputs"));
  CHECK_THROWS_WITH(problem_of<double>(pendulums().model, "other", nullptr), Catch::Contains("'pendulum'"));
}

TEST_CASE("a start that is not finite ends at once, and the samples at fault are told from the others") {
  const pendulum_start at(3);
  auto p = pendulums().problem();
  p.inputs = at.inputs;
  std::vector<double> bad = at.state;
  bad[2] = std::nan("");
  for (const error_control control : {error_control::per_sample, error_control::per_batch}) {
    explicit_options<double> o;
    o.control = control;
    const auto r = solve_explicit<double>(p, {3, bad.data(), nullptr, 0, 1}, o);
    CHECK(r.status == solve_status::not_finite);
    CHECK(r.text.find("sample 1 at time 0)") != std::string::npos);
    CHECK(r.end[1] == 0);
    CHECK((r.end[0] == 1) == (control == error_control::per_sample));
    CHECK(r.counters.rejected == 0);
  }
}

TEST_CASE("a coordinate that stays 0 needs no absolute tolerance") {
  static ode_case growth(compile<growing>("growing"), 1);
  explicit_options<double> o;
  o.atol = 0, o.rtol = 1e-8;
  for (const error_control control : {error_control::per_sample, error_control::per_batch}) {
    o.control = control;
    const double x0[] = {0, 1};
    const auto r = solve_explicit<double>(growth.problem(), {2, x0, nullptr, 0, 1}, o);
    REQUIRE(r.ok());
    CHECK(r.state[0] == 0);
    CHECK(std::abs(r.state[1] - std::exp(std::sin(2.0))) < 1e-6);
  }
}

TEST_CASE("options without a meaning are refused") {
  const pendulum_start at(2);
  auto p = pendulums().problem();
  p.inputs = at.inputs;
  const auto refused = [&](const char* says, const std::function<void(explicit_options<double>&)>& change) {
    explicit_options<double> o;
    o.control = error_control::per_batch;
    change(o);
    CHECK_THROWS_WITH(solve_explicit<double>(p, {2, at.state.data(), nullptr, 0, 1}, o), Catch::Contains(says));
  };
  refused("first_step is a length", [](auto& o) { o.first_step = -0.1; });
  refused("first_step is a length", [](auto& o) { o.first_step = NAN; });
  refused("largest_step", [](auto& o) { o.largest_step = 0; });
  refused("largest_step", [](auto& o) { o.largest_step = -1; });
  refused("most_steps", [](auto& o) { o.most_steps = 0; });
  refused("atol -1", [](auto& o) { o.atol_of = {1e-6, -1}; });
  refused("tolerances", [](auto& o) { o.rtol = NAN; });
  refused("tolerances", [](auto& o) { o.rtol = 0, o.atol_of = {1e-6, 0}; });
}

namespace {
/// A kernel that counts what it is asked for.
class counting_kernel final : public kernel_interface<double> {
 public:
  explicit counting_kernel(const kernel_interface<double>& of) : of_(of) {}
  mutable int made = 0, with = 0, without = 0;
  const std::vector<output_info>& outputs() const override { return of_.outputs(); }
  kernel_cost cost() const override { return of_.cost(); }
  bool has_gradient() const override { return false; }
  std::size_t block() const override { return of_.block(); }
  std::size_t evaluate_workspace() const override { return of_.evaluate_workspace(); }
  std::size_t gradient_workspace() const override { return 0; }
  std::size_t prepared_size() const override { return of_.prepared_size(); }
  void prepare(const double* parameters, double* prepared) const override { made++, of_.prepare(parameters, prepared); }
  void evaluate(const double* parameters, const arguments<double>& in, std::size_t begin, std::size_t end, double* const* out,
                double* workspace) const override {
    (in.prepared ? with : without)++;
    of_.evaluate(parameters, in, begin, end, out, workspace);
  }
  void gradient(const double*, const arguments<double>&, std::size_t, std::size_t, const double* const*, double* const*, double*,
                double*) const override {}

 private:
  const kernel_interface<double>& of_;
};
}  // namespace

TEST_CASE("parameters are prepared once a solve of few samples, anew for each solve, with the same digits") {
  static ode_case net(compile<hollow_field>("network"), 3);
  auto p = net.problem();
  const auto counted = std::make_shared<counting_kernel>(p.kernels->whole());
  REQUIRE(counted->prepared_size() > 0);
  ode_kernels<double> kernels{nullptr, counted, nullptr};
  std::vector<double> parameters = net.parameters, x0 = {0.3, -0.5, 1.1};
  p.parameters = parameters.data();
  auto q = p;
  q.kernels = &kernels;
  team workers(1);
  explicit_memory<double> memory;
  const ode_start<double> start{1, x0.data(), nullptr, 0, 1};
  std::vector<double> ends[2];
  for (int change = 0; change < 2; change++) {
    const auto r = solve_explicit<double>(q, start, {}, workers, memory);
    CHECK(counted->made == change + 1);
    CHECK(counted->without == 0);
    explicit_options<double> beside_others;  // in a vector of samples, where nothing is prepared
    std::vector<double> many;
    for (std::size_t s = 0; s < p.kernels->whole().block(); s++) many.insert(many.end(), x0.begin(), x0.end());
    beside_others.fixed_steps = 20;
    const auto alone = solve_explicit<double>(q, start, beside_others, workers, memory);
    const int with = counted->with;
    const auto together =
        solve_explicit<double>(q, {p.kernels->whole().block(), many.data(), nullptr, 0, 1}, beside_others, workers, memory);
    CHECK(counted->with == with);
    CHECK(std::equal(alone.state.begin(), alone.state.end(), together.state.begin()));
    CHECK(alone.carried[0] == together.carried[0]);
    ends[change] = r.state;
    counted->made = change + 1, counted->without = 0;
    for (double& w : parameters) w *= 2;  // the same place in memory
  }
  CHECK(ends[0] != ends[1]);
  for (double& w : parameters) w /= 2;
  explicit_memory<double> fresh;
  CHECK(solve_explicit<double>(q, start, {}, workers, fresh).state == ends[1]);
  // prepared by the caller
  std::vector<double> own(counted->prepared_size());
  counted->prepare(parameters.data(), own.data());
  q.prepared = own.data();
  counted->made = 0;
  CHECK(solve_explicit<double>(q, start, {}, workers, memory).state == ends[1]);
  CHECK(counted->made == 0);
}
