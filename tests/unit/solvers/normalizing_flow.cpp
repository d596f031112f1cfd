// tests/unit/solvers/normalizing_flow.cpp: densities against closed forms, all ways to find the trace against each other,
// gradients against finite differences.
#include "dimwise/solvers/normalizing_flow.hpp"

#include <cmath>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

constexpr int d = 3;
constexpr auto drift = hollow_net<"drift">(masked_mlp{7}, features{3}, mlp{6});
constexpr auto second = hollow_net<"second">(masked_mlp{5}, features{2}, mlp{4});
constexpr void networks(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto f = 2.0 * drift(x, concat(t, m.input<"context">()));
  m.flow<"exact">(f, carry<"energy">(sum(sq(f))));
  m.flow<"probed", trace::hutchinson>(f, carry<"energy">(sum(sq(f))));
  m.flow<"summed", trace::full>(f, carry<"energy">(sum(sq(f))));
  m.flow<"untraced", trace::none>(f);
  m.flow<"second">(second(x, t), carry<"energy">(sum(sq(x))));
}
template <int dims>
constexpr void linear(model& m) {
  auto x = m.state<"x", dims>();
  m.flow<"linear">(m.parameter_per_dim<"rate">(0.0) * x * (1.0 + m.time<"t">()) + m.parameter_per_dim<"shift">(0.0));
}

ode_case& nets() {
  static ode_case c(compile<networks>("networks"), 4);
  return c;
}
struct batch {
  std::size_t samples;
  std::vector<double> x, context;
  explicit batch(std::size_t n) : samples(n) {
    for (std::size_t e = 0; e < n * d; e++) x.push_back(std::sin(double(e) * 1.3));
    for (std::size_t s = 0; s < n; s++) context.push_back(std::cos(double(s)));
  }
  flow_inputs<double> inputs() const { return {{"context", context.data()}}; }
};
flow_options<double> fixed(std::size_t n, int probes = 1) {
  flow_options<double> o;
  o.solver = flow_options<double>::equal_steps(n);
  o.probes = probes;
  return o;
}
/// Largest difference of two arrays.
double apart(const std::vector<double>& a, const std::vector<double>& b) {
  double r = a.size() == b.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < a.size() && i < b.size(); i++) r = std::max(r, std::abs(a[i] - b[i]));
  return r;
}
double sum(const std::vector<double>& v) {
  double r = 0;
  for (double a : v) r += a;
  return r;
}
std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

template <int dims>
double linear_error() {
  static const compiled_model m = compile<linear<dims>>("linear");
  std::vector<double> p(std::size_t(m.recording.parameters));
  for (std::size_t e = 0; e < p.size(); e++) p[e] = 0.7 * std::sin(double(e) + 1);
  const auto tensor_at = [&](const char* name) {
    for (int i = 0; i < m.recording.tensor_count; i++)
      if (m.recording.tensors[i].name.view() == name) return p.data() + m.recording.tensors[i].offset;
    throw error("no such tensor");
  };
  const double *rate = tensor_at("rate"), *shift = tensor_at("shift");
  flow_options<double> o;
  o.solver.fixed_steps = 0, o.solver.method = scheme::dopri8, o.solver.rtol = o.solver.atol = 1e-11;
  normalizing_flow<double> flow(m, o);
  std::vector<double> x;
  for (std::size_t e = 0; e < 5 * dims; e++) x.push_back(std::cos(double(e) * 0.7));
  const auto r = flow.log_prob(p.data(), 5, x.data());
  REQUIRE(r.ok());
  double worst = 0;
  for (std::size_t s = 0; s < 5; s++) {
    double exact = 0;
    for (int i = 0; i < dims; i++) {
      // z(t) by a quadrature of Gauss: x = e^(A(1)) (z + int_0^1 e^(-A(u)) b du), A(t) = a (t + t^2 / 2)
      const double a = rate[i], whole = 1.5 * a,
                   nodes[] = {0.046910077030668, 0.230765344947158, 0.5, 0.769234655052842, 0.953089922969332},
                   weights[] = {0.118463442528095, 0.239314335249683, 0.284444444444444, 0.239314335249683, 0.118463442528095};
      double integral = 0;
      for (int c = 0; c < 8; c++)
        for (int j = 0; j < 5; j++) {
          const double u = (c + nodes[j]) / 8;
          integral += weights[j] / 8 * std::exp(-a * (u + u * u / 2));
        }
      const double z = std::exp(-whole) * x[s * dims + std::size_t(i)] - shift[i] * integral;
      exact += -0.5 * z * z - 0.5 * std::log(2 * 3.14159265358979323846) - whole;
    }
    worst = std::max(worst, std::abs(exact - r.log_prob[s]));
  }
  return worst;
}

}  // namespace

TEST_CASE("the density of a linear flow in closed form") {
  CHECK(linear_error<2>() < 1e-8);
  CHECK(linear_error<16>() < 1e-8);
  CHECK(linear_error<64>() < 1e-8);
}

TEST_CASE("ways to find the trace: exact, all unit vectors, random directions") {
  const batch b(70);
  const double* p = nets().parameters.data();
  normalizing_flow<double> exact(nets().model, fixed(8), {"exact"}), summed(nets().model, fixed(8), {"summed"}),
      probed(nets().model, fixed(8), {"probed"});
  const auto e = exact.log_prob(p, b.samples, b.x.data(), b.inputs());
  const auto f = summed.log_prob(p, b.samples, b.x.data(), b.inputs());
  double worst = 0;
  for (std::size_t s = 0; s < b.samples; s++) worst = std::max(worst, std::abs(e.log_prob[s] - f.log_prob[s]));
  CHECK(worst < 1e-12);
  for (const int probes : {1, 3}) {
    probed.options().probes = probes;
    std::vector<double> mean(b.samples, 0.0), square(b.samples, 0.0);
    const int draws = 300;
    for (int k = 0; k < draws; k++) {
      const auto r = probed.log_prob(p, b.samples, b.x.data(), b.inputs(), std::uint64_t(k));
      CHECK(apart(r.state, e.state) < 1e-13);  // the direction moves nothing
      for (std::size_t s = 0; s < b.samples; s++)
        mean[s] += r.log_prob[s] / draws, square[s] += r.log_prob[s] * r.log_prob[s] / draws;
    }
    double off = 0, spread = 0;
    for (std::size_t s = 0; s < b.samples; s++) {
      const double variance = square[s] - mean[s] * mean[s];
      off += (mean[s] - e.log_prob[s]) * (mean[s] - e.log_prob[s]) / (variance / draws + 1e-12), spread += variance;
    }
    INFO(probes << " probes: chi squared " << off << " of " << b.samples);
    CHECK(off < 1.6 * double(b.samples));
    CHECK(spread > 0.01);
  }
  probed.options().probes = 1;
  probed.options().noise = probe_noise::gaussian;
  CHECK(probed.log_prob(p, 2, b.x.data(), b.inputs(), 5).log_prob != e.log_prob);
}

TEST_CASE("there and back, samples and their density, paths") {
  const batch b(40);
  const double* p = nets().parameters.data();
  flow_options<double> o;
  o.solver.fixed_steps = 0, o.solver.method = scheme::dopri5, o.solver.rtol = o.solver.atol = 1e-6;
  normalizing_flow<double> flow(nets().model, o, {"second", "exact"});
  const auto z = flow.to_base(p, b.samples, b.x.data(), b.inputs());
  const auto x = flow.to_data(p, b.samples, z.state.data(), b.inputs());
  REQUIRE((z.ok() && x.ok()));
  CHECK(apart(x.state, b.x) <= 1e-5);
  CHECK(apart(z.state, b.x) > 0.1);
  for (std::size_t s = 0; s < b.samples; s++) CHECK(std::abs(x.change[s] + z.change[s]) < 1e-5);

  const auto drawn = flow.sample(p, b.samples, 7, b.inputs());
  const auto again = flow.log_prob(p, b.samples, drawn.state.data(), b.inputs());
  for (std::size_t s = 0; s < b.samples; s++) CHECK(std::abs(drawn.log_prob[s] - again.log_prob[s]) < 1e-5);
  CHECK(drawn.state == flow.sample(p, b.samples, 7, b.inputs()).state);
  CHECK(drawn.state != flow.sample(p, b.samples, 8, b.inputs()).state);

  flow.options() = fixed(6);
  const auto path = flow.path(p, b.samples, z.state.data(), {0, 0.25, 0.5, 0.75, 1}, b.inputs());
  const std::size_t size = b.samples * d;
  CHECK(std::equal(path.begin(), path.begin() + std::ptrdiff_t(size), z.state.begin()));
  const auto end = flow.to_data(p, b.samples, z.state.data(), b.inputs());
  CHECK(apart({path.end() - std::ptrdiff_t(size), path.end()}, end.state) < 1e-13);
  normalizing_flow<double> half(nets().model, fixed(6), {"second"});
  const auto middle = half.to_data(p, b.samples, z.state.data(), b.inputs());
  CHECK(apart(middle.state, {path.begin() + std::ptrdiff_t(2 * size), path.begin() + std::ptrdiff_t(3 * size)}) < 1e-13);
}

TEST_CASE("gradients of likelihoods and of losses at the data end") {
  const std::vector<std::vector<std::string>> flows = {
      {"exact"}, {"probed"}, {"summed"}, {"second", "exact"}, {"exact", "second", "probed"}};
  for (const auto& parts : flows)
    for (const int probes : {1, 2}) {
      INFO(parts.back() << ", parts " << parts.size() << ", probes " << probes);
      batch b(50);
      std::vector<double> p = nets().parameters;
      normalizing_flow<double> flow(nets().model, fixed(4, probes), parts);
      const std::vector<flow_penalty> penalties = {{"energy", 0.3}};
      const auto negative_likelihood = [&](flow_gradients<double> to) {
        return flow.likelihood_gradient(p.data(), b.samples, b.x.data(), b.inputs(), to, penalties, 3).loss;
      };
      std::vector<double> by_p(p.size(), 0.0), by_x(b.x.size()), by_context(b.context.size());
      const double loss = negative_likelihood({by_p.data(), by_x.data(), {{"context", by_context.data()}}});
      const auto density = flow.log_prob(p.data(), b.samples, b.x.data(), b.inputs(), 3);
      if (parts.size() == 1)  // the penalty: the energy is integrated backward
        CHECK(std::abs(loss + sum(density.log_prob) / double(b.samples) - 0.3 * [&] {
                double e = 0;
                for (std::size_t s = 0; s < b.samples; s++) e -= density.carried[2 * s + 1];
                return e / double(b.samples);
              }()) < 1e-12);
      // of a loss sum_s s sin(3 i + s) x_i + cos(s) change_s at the data end, from the base
      const auto by_end = [&](std::size_t begin, std::size_t end, const double*, double* by, double* by_change) {
        for (std::size_t s = begin; s < end; s++, by += d, by_change++) {
          for (std::size_t i = 0; i < d; i++) by[i] = std::sin(double(3 * i + s));
          *by_change = std::cos(double(s));
        }
      };
      const auto end_loss = [&] {
        const auto r = flow.to_data(p.data(), b.samples, b.x.data(), b.inputs(), 3);
        double l = 0;
        for (std::size_t s = 0; s < b.samples; s++) {
          for (std::size_t i = 0; i < d; i++) l += std::sin(double(3 * i + s)) * r.state[s * d + i];
          l += std::cos(double(s)) * r.change[s];
        }
        return l;
      };
      std::vector<double> by_p2(p.size(), 0.0), by_x2(b.x.size()), by_context2(b.context.size());
      const auto r = flow.to_data_gradient(p.data(), b.samples, b.x.data(), b.inputs(), by_end,
                                           {by_p2.data(), by_x2.data(), {{"context", by_context2.data()}}}, 3);
      CHECK(apart(r.state, flow.to_data(p.data(), b.samples, b.x.data(), b.inputs(), 3).state) < 1e-13);
      CHECK(std::abs(sum(r.change) - sum(flow.to_data(p.data(), b.samples, b.x.data(), b.inputs(), 3).change)) < 1e-12);
      const auto difference = [](double& at, const std::function<double()>& f) {
        const double kept = at, h = 1e-5;
        at = kept + h;
        const double up = f();
        at = kept - h;
        const double down = f();
        at = kept;
        return (up - down) / (2 * h);
      };
      const auto compare = [&](double& at, double likelihood, double end) {
        CHECK(std::abs(difference(at, [&] { return negative_likelihood({}); }) - likelihood) < 2e-8);
        CHECK(std::abs(difference(at, end_loss) - end) < 2e-7);
      };
      std::size_t moved = 0;
      for (std::size_t e = 3; e < p.size(); e += p.size() / 11) {
        if (p[e] == 0) continue;  // masked
        compare(p[e], by_p[e], by_p2[e]);
        moved += by_p[e] != 0;
      }
      CHECK(moved >= 2);
      for (const std::size_t e : {0, 40, 149}) compare(b.x[e], by_x[e], by_x2[e]);
      for (const std::size_t s : {0, 49}) compare(b.context[s], by_context[s], by_context2[s]);
    }
}

TEST_CASE("what a flow refuses") {
  const batch b(2);
  const double* p = nets().parameters.data();
  normalizing_flow<double> untraced(nets().model, {}, {"untraced"});
  CHECK(untraced.to_base(p, 2, b.x.data(), b.inputs()).ok());
  CHECK(untraced.sample(p, 2, 1, b.inputs()).log_prob.empty());
  CHECK(message([&] { untraced.log_prob(p, 2, b.x.data(), b.inputs()); }).find("the log density of 'untraced' is not known") ==
        0);
  normalizing_flow<double> exact(nets().model, {}, {"exact"}), probed(nets().model, {}, {"probed"});
  CHECK(message([&] { exact.log_prob(p, 2, b.x.data()); }).find("needs its input 'context'") != std::string::npos);
  CHECK(message([&] { exact.log_prob(p, 2, b.x.data(), {{"contxt", b.x.data()}}); }) == "the flow has no input 'contxt'");
  CHECK(message([&] {
          probed.log_prob(p, 2, b.x.data(), {{"trace_noise", b.x.data()}});
        }).find("drawn by the flow itself") != std::string::npos);
  CHECK(message([&] {
          normalizing_flow<double>(nets().model, {}, {"none"});
        }).find("has no ordinary differential equation 'none'") != std::string::npos);
  CHECK(message([&] {
          exact.likelihood_gradient(p, 2, b.x.data(), b.inputs(), {}, {{"length", 1.0}});
        }).find("carries no 'length'") != std::string::npos);
  CHECK(message([&] { exact.path(p, 2, b.x.data(), {0.5, 0.2}, b.inputs()); }).find("rising fractions") != std::string::npos);
  CHECK(message([&] { normalizing_flow<double>(nets().model, fixed(4, 0), {"exact"}); }).find("at least one probe") !=
        std::string::npos);
}
