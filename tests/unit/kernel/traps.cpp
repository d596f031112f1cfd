// tests/unit/kernel/traps.cpp: one test for each way in which a kernel could be silently wrong (design notes, "known traps").
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "dimwise/lowering/recompute.hpp"

using namespace dimwise;

namespace {

constexpr auto net = hollow_net<"net">(masked_mlp{7, 9}, features{3}, mlp{5, 6});
constexpr auto other = hollow_net<"other">(masked_mlp{5}, features{2}, mlp{19});
constexpr auto density = gaussian_mixture<"density">(mixture_components{3});

/// Parameters of a model: N(0, 0.5^2), masked entries zero.
std::vector<double> random_parameters(const table& t, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, 0.5);
  std::vector<double> p(std::size_t(t.parameters));
  for (int i = 0; i < t.tensor_count; i++) {
    const tensor& w = t.tensors[i];
    for (int q = 0; q < w.size(); q++) {
      const int c = q % w.shape[w.rank - 1], r = w.rank > 1 ? q / w.shape[w.rank - 1] % w.shape[w.rank - 2] : 0;
      const int dim = w.rank == 3 ? q / (w.shape[1] * w.shape[2]) : 0;
      const double v = normal(engine);
      p[std::size_t(w.offset + q)] = w.masked == mask::none || allowed(w, dim, r, c) ? v : 0;
    }
  }
  return p;
}

struct batch {
  std::vector<double> state, time;
  arguments<double> view() const {
    arguments<double> a;
    a.samples = time.size();
    a.state = state.data();
    a.time = time.data();
    return a;
  }
};
batch random_batch(int d, std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  batch b;
  b.state.resize(n * std::size_t(d));
  b.time.resize(n);
  for (double& v : b.state) v = normal(engine);
  for (double& v : b.time) v = normal(engine);
  return b;
}

/// Output j of a kernel for a batch.
std::vector<double> evaluate(const kernel_interface<double>& k, const std::vector<double>& p, const batch& b, std::size_t j,
                             int per_sample) {
  std::vector<double> out(b.time.size() * std::size_t(per_sample)), workspace(k.evaluate_workspace());
  std::vector<double*> outputs(k.outputs().size(), nullptr);
  outputs[j] = out.data();
  k.evaluate(p.data(), b.view(), 0, b.time.size(), outputs.data(), workspace.data());
  return out;
}
std::vector<double> gradient(const kernel_interface<double>& k, const std::vector<double>& p, const batch& b) {
  std::vector<double> g(p.size(), 0.0), cotangent(b.time.size(), 1.0),
      workspace(k.gradient_workspace(), std::numeric_limits<double>::quiet_NaN());
  const double* cotangents[] = {cotangent.data()};
  k.gradient(p.data(), b.view(), 0, b.time.size(), cotangents, nullptr, g.data(), workspace.data());
  return g;
}

constexpr int d = 4;

constexpr void series_through_sum(model& m) {
  auto x = m.state<"x", d>();
  m.output<"D1">(D<1>(exp(sum(sq(x)))));
}
constexpr void two_stages(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto f = net(x, t);
  m.output<"later">(f * sum(f));  // f of every dimension is needed after the loop that made it
  m.output<"f">(f);
}
constexpr void two_networks(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  m.output<"a">(net(x, t) + net(x, t));
  m.output<"b">(other(x, t));
  m.output<"l">(density(x, t));
}
constexpr void odd_widths(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  m.minimize<"loss">(sq(sum(D<1>(net(x, t)) + other(x, t))), m.samples<"points">());
}
constexpr auto first_of_two = network<"first">(mlp{9}, outputs{21});
constexpr auto second_of_two = network<"second">(mlp{9}, outputs{21});
constexpr void sum_of_layers(model& m) {
  auto x = m.state<"x", d>();
  m.minimize<"loss">(sum_features(sq(first_of_two(x) + second_of_two(x))), m.samples<"points">());
}
constexpr int many = 40;
constexpr auto wide = hollow_net<"wide">(masked_mlp{64, 64}, features{16}, mlp{128, 128});
constexpr void wide_residual(model& m) {
  auto x = m.state<"x", many>();
  auto t = m.time<"t">();
  auto f = wide(x, t);
  m.minimize<"loss">(sq(sum(D<1>(f) + f * x)), m.samples<"points">());
}
constexpr void root_of_state(model& m) {
  auto x = m.state<"x", d>();
  m.output<"r">(sum(sqrt(sq(x))));
  m.output<"p">(pow(x, 2.0));
  m.output<"Dp">(D<1>(pow(x, 2.0)));
  m.output<"cube">(D<2>(pow(x, 3.0)));
}
constexpr void large_powers(model& m) {
  auto x = m.state<"x", d>();
  m.output<"p">(pow(x, 10.0 * x));
  m.output<"Dp">(D<1>(pow(x, 10.0 * x)));
}
constexpr void tails(model& m) {
  auto x = m.state<"x", d>();
  m.output<"gelu">(gelu(x));
  m.output<"Dgelu">(D<1>(gelu(x)));
  m.output<"log_sigmoid">(log_sigmoid(x));
  m.output<"Dlog_sigmoid">(D<1>(log_sigmoid(x)));
  m.output<"Dlog">(D<1>(log(x)));
  m.output<"relu">(relu(x));
  m.output<"Dsqrt">(D<1>(sqrt(x)));
}
constexpr void saturated(model& m) {
  auto x = m.state<"x", d>();
  m.output<"D1">(D<1>(tanh(x)));
  m.output<"D2">(D<2>(tanh(x)));
}

}  // namespace

TEST_CASE("trap: a series does not stop at sum", "[trap]") {
  const auto k = kernel<series_through_sum, double>();
  const batch b = random_batch(d, 5, 1);
  const auto out = evaluate(*k, {}, b, 0, d);
  for (std::size_t s = 0; s < 5; s++) {
    double total = 0;
    for (int i = 0; i < d; i++) total += b.state[s * d + std::size_t(i)] * b.state[s * d + std::size_t(i)];
    for (std::size_t i = 0; i < d; i++) CHECK(out[s * d + i] == Approx(2 * b.state[s * d + i] * std::exp(total)).epsilon(1e-13));
  }
}

TEST_CASE("trap: a later stage reads every dimension's value, not the last one's", "[trap]") {
  const auto k = kernel<two_stages, double>();
  const auto p = random_parameters(recording<two_stages>::view, 2);
  const batch b = random_batch(d, 37, 2);
  const auto later = evaluate(*k, p, b, 0, d), f = evaluate(*k, p, b, 1, d);
  for (std::size_t s = 0; s < 37; s++) {
    double total = 0;
    for (std::size_t i = 0; i < d; i++) total += f[s * d + i];
    for (std::size_t i = 0; i < d; i++) CHECK(later[s * d + i] == Approx(f[s * d + i] * total).epsilon(1e-13));
  }
}

TEST_CASE("trap: no parameter range is given out twice, and a network called twice has one", "[trap]") {
  const table& t = recording<two_networks>::view;
  std::set<int> taken;
  int total = 0;
  for (int i = 0; i < t.tensor_count; i++) {
    for (int q = 0; q < t.tensors[i].size(); q++) REQUIRE(taken.insert(t.tensors[i].offset + q).second);
    total += t.tensors[i].size();
    for (int j = 0; j < i; j++) REQUIRE_FALSE(t.tensors[i].name == t.tensors[j].name);
  }
  REQUIRE(total == t.parameters);
  REQUIRE(*taken.rbegin() == t.parameters - 1);
}

TEST_CASE("trap: widths that are no multiple of a tile neither overrun nor lose gradients", "[trap]") {
  const auto k = kernel_detail::make_kernel<odd_widths, kernel_purpose::objective, 0, by_parameters, double>();
  const table& t = recording<odd_widths>::view;
  const auto p = random_parameters(t, 3);
  const batch b = random_batch(d, 19, 3);
  // canaries around what the call may write
  const std::size_t n = k->gradient_workspace();
  const double canary = 12345.678;
  std::vector<double> workspace(n + 64, canary), g(p.size() + 64, canary), cotangent(19, 1.0);
  std::fill(g.begin() + 32, g.end() - 32, 0.0);
  const double* cotangents[] = {cotangent.data()};
  k->gradient(p.data(), b.view(), 0, 19, cotangents, nullptr, g.data() + 32, workspace.data() + 32);
  for (std::size_t i = 0; i < 32; i++) {
    CHECK(workspace[i] == canary);
    CHECK(workspace[n + 32 + i] == canary);
    CHECK(g[i] == canary);
    CHECK(g[p.size() + 32 + i] == canary);
  }
  std::mt19937 engine(4);
  for (int w = 0; w < t.tensor_count; w++)
    for (int trial = 0; trial < 6; trial++) {
      const std::size_t i = std::size_t(t.tensors[w].offset) + engine() % unsigned(t.tensors[w].size());
      if (p[i] == 0) {
        CHECK(g[i + 32] == 0);
        continue;
      }
      auto q = p;
      const double h = 1e-5;
      const auto total = [&] {
        double sum = 0;
        for (double v : evaluate(*k, q, b, 0, 1)) sum += v;
        return sum;
      };
      q[i] = p[i] + h;
      const double up = total();
      q[i] = p[i] - h;
      const double down = total();
      INFO(t.tensors[w].name.view() << " entry " << i);
      CHECK(g[i + 32] == Approx((up - down) / (2 * h)).epsilon(1e-6).margin(1e-6));
    }
}

TEST_CASE("trap: lanes that hold no sample bring no NaN and no weight", "[trap]") {
  const auto k = kernel_detail::make_kernel<odd_widths, kernel_purpose::objective, 0, by_parameters, double>();
  const auto p = random_parameters(recording<odd_widths>::view, 5);
  const batch all = random_batch(d, 250, 5);
  const auto values = evaluate(*k, p, all, 0, 1);
  for (std::size_t n : {1, 2, 15, 16, 17, 33, 70, 250}) {
    batch b{{all.state.begin(), all.state.begin() + std::ptrdiff_t(n * d)},
            {all.time.begin(), all.time.begin() + std::ptrdiff_t(n)}};
    const auto out = evaluate(*k, p, b, 0, 1);
    for (std::size_t s = 0; s < n; s++) CHECK(out[s] == values[s]);
    const auto g = gradient(*k, p, b);
    std::vector<double> sum(p.size(), 0.0);
    for (std::size_t s = 0; s < n; s++) {
      const batch one{{all.state.begin() + std::ptrdiff_t(s * d), all.state.begin() + std::ptrdiff_t(s * d + d)}, {all.time[s]}};
      const auto gs = gradient(*k, p, one);
      for (std::size_t i = 0; i < p.size(); i++) sum[i] += gs[i];
    }
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < p.size(); i++) {
      REQUIRE(std::isfinite(g[i]));
      worst = std::max(worst, std::abs(sum[i] - g[i]));
      largest = std::max(largest, std::abs(sum[i]));
    }
    INFO("samples " << n);
    CHECK(worst <= 1e-12 * largest);
  }
}

TEST_CASE("trap: what a call writes once for all its blocks follows the parameters of that call", "[trap]") {
  const auto k = kernel_detail::make_kernel<odd_widths, kernel_purpose::objective, 0, by_parameters, double>();
  const batch b = random_batch(d, 250, 5);
  std::vector<double> values(250), workspace(std::max(k->evaluate_workspace(), k->gradient_workspace())), cotangent(250, 1.0);
  double* outputs[] = {values.data()};
  const double* cotangents[] = {cotangent.data()};
  for (const unsigned seed : {5u, 6u, 7u}) {  // in memory that the parameters before it have left
    const auto p = random_parameters(recording<odd_widths>::view, seed);
    k->evaluate(p.data(), b.view(), 0, 250, outputs, workspace.data());
    CHECK(values == evaluate(*k, p, b, 0, 1));
    std::vector<double> g(p.size());
    k->gradient(p.data(), b.view(), 0, 250, cotangents, nullptr, g.data(), workspace.data());
    CHECK(g == gradient(*k, p, b));
  }
}

TEST_CASE("trap: computing values again for the reverse pass, or dimensions for several blocks at once, changes no digit",
          "[trap]") {
  const auto k = kernel_detail::make_kernel<wide_residual, kernel_purpose::objective, 0, by_parameters, double>();
  const table& t = recording<wide_residual>::view;
  const auto p = random_parameters(t, 7);
  const std::size_t block = k->block(), n = 6 * block + 3;
  const batch all = random_batch(many, n, 7);
  const auto part = [&](std::size_t from, std::size_t count) {
    const auto x = all.state.begin() + std::ptrdiff_t(from * many);
    const auto time = all.time.begin() + std::ptrdiff_t(from);
    return batch{{x, x + std::ptrdiff_t(count * many)}, {time, time + std::ptrdiff_t(count)}};
  };
  const auto values = evaluate(*k, p, all, 0, 1);
  for (std::size_t s : {std::size_t(0), block - 1, block, 5 * block + 2, n - 1})
    CHECK(evaluate(*k, p, part(s, 1), 0, 1)[0] == values[s]);
  // A single vector of samples keeps everything, a whole block does not fit and repeats a layer of the transformer.
  const int root = t.objectives[0].node;
  build_program(t, &root, 1, by_parameters, [&](const expansion& e) {
    const jet_program_view program{e.nodes.begin(), e.nodes.count};
    const auto repeats = [&](int samples) {
      const repeated_program r = repeat_rather_than_keep(t, program, true, samples, most_kept / std::ptrdiff_t(sizeof(double)));
      return std::count(r.repeats.begin(), r.repeats.end(), 1);
    };
    CHECK(repeats(int(block)) > 0);
    CHECK(repeats(1) == 0);
    return 0;
  });
  const auto whole = gradient(*k, p, part(0, block));
  std::vector<double> sum(p.size(), 0.0);
  for (std::size_t s = 0; s < block; s++) {
    const auto one = gradient(*k, p, part(s, 1));
    for (std::size_t i = 0; i < p.size(); i++) sum[i] += one[i];
  }
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < p.size(); i++) {
    worst = std::max(worst, std::abs(sum[i] - whole[i]));
    largest = std::max(largest, std::abs(sum[i]));
  }
  CHECK(largest > 0);
  CHECK(worst <= 1e-12 * largest);
}

TEST_CASE("trap: the biases of two layers that are added have the same gradient", "[trap]") {
  const auto k = kernel_detail::make_kernel<sum_of_layers, kernel_purpose::objective, 0, by_parameters, double>();
  const table& t = recording<sum_of_layers>::view;
  const auto g = gradient(*k, random_parameters(t, 3), random_batch(d, 70, 3));
  const auto bias_of = [&](std::string_view network) {
    for (int i = 0; i < t.tensor_count; i++)
      if (t.tensors[i].rank == 1 && t.tensors[i].shape[0] == 21 && t.tensors[i].name.view().substr(0, network.size()) == network)
        return std::vector<double>(g.begin() + t.tensors[i].offset, g.begin() + t.tensors[i].offset + 21);
    return std::vector<double>();
  };
  const auto first = bias_of("first"), second = bias_of("second");
  REQUIRE(first.size() == 21);
  REQUIRE(second.size() == 21);
  for (std::size_t i = 0; i < 21; i++) {
    CHECK(first[i] != 0);
    CHECK(std::abs(first[i] - second[i]) <= 1e-13 * std::abs(first[i]) + 1e-13);
  }
}

TEST_CASE("trap: squares and roots at zero", "[trap]") {
  const auto k = kernel<root_of_state, double>();
  const batch zero{std::vector<double>(d, 0.0), {0.0}};
  CHECK(evaluate(*k, {}, zero, 0, 1)[0] == 0);
  for (double v : evaluate(*k, {}, zero, 1, d)) CHECK(v == 0);
  for (double v : evaluate(*k, {}, zero, 2, d)) CHECK(v == 0);
  for (double v : evaluate(*k, {}, zero, 3, d)) CHECK(v == 0);
  const batch negative{std::vector<double>(d, -3.0), {0.0}};
  for (double v : evaluate(*k, {}, negative, 1, d)) CHECK(v == 9);
  for (double v : evaluate(*k, {}, negative, 2, d)) CHECK(v == -6);
  for (double v : evaluate(*k, {}, negative, 3, d)) CHECK(v == -18);
}

TEST_CASE("trap: a large power keeps its digits", "[trap]") {
  const auto k = kernel<large_powers, double>();
  for (double x : {0.7, 12.5, 22.0}) {
    const batch b{std::vector<double>(d, x), {0.0}};
    const long double exact =
        std::pow(static_cast<long double>(x), static_cast<long double>(10.0 * x));  // exp(10 x log x) would lose 3 digits
    INFO("x = " << x);
    for (double v : evaluate(*k, {}, b, 0, d)) CHECK(v == Approx(double(exact)).epsilon(1e-15));
    for (double v : evaluate(*k, {}, b, 1, d))
      CHECK(v == Approx(double(exact * 10 * (std::log(static_cast<long double>(x)) + 1))).epsilon(4e-15));
  }
}

TEST_CASE("trap: functions that are small far out keep their digits, and outside of a domain there is no number", "[trap]") {
  const auto k = kernel<tails, double>();
  const auto at = [&](double x, std::size_t output) {
    return evaluate(*k, {}, batch{std::vector<double>(d, x), {0.0}}, output, d)[0];
  };
  for (double x : {-3.0, -12.0, -30.0}) {
    const double below = double(std::erfc(-x / std::sqrt(2.0L)) / 2),
                 bell = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
    INFO("x = " << x);
    CHECK(at(x, 0) == Approx(x * below).epsilon(1e-13));
    CHECK(at(x, 1) == Approx(below + x * bell).epsilon(1e-13));
  }
  CHECK(at(50, 2) == Approx(-std::exp(-50.0)).epsilon(1e-14));
  CHECK(at(50, 3) == Approx(std::exp(-50.0)).epsilon(1e-14));
  CHECK(std::isnan(at(-1, 4)));
  CHECK(at(-std::numeric_limits<double>::infinity(), 5) == 0);
  CHECK(std::isnan(at(std::numeric_limits<double>::quiet_NaN(), 5)));
  CHECK(at(0, 6) == std::numeric_limits<double>::infinity());
}

TEST_CASE("trap: derivatives of tanh keep their relative accuracy in saturation", "[trap]") {
  const auto k = kernel<saturated, double>();
  for (double x : {18.5, 20.0, 40.0, -25.0, 300.0}) {
    const batch b{std::vector<double>(d, x), {0.0}};
    const double e = std::exp(-2 * std::abs(x)), slope = 4 * e / ((1 + e) * (1 + e));
    INFO("x = " << x);
    for (double v : evaluate(*k, {}, b, 0, d)) CHECK(v == Approx(slope).epsilon(1e-13));
    for (double v : evaluate(*k, {}, b, 1, d)) CHECK(v == Approx(-2 * std::tanh(x) * slope).epsilon(1e-13));
  }
}

TEST_CASE("trap: a runtime library that was built from other headers is recognised", "[trap]") {
  executable_program<double> program;
  program.layout++;
  REQUIRE_THROWS_WITH(make_plan_kernel<double>(table{}, {}, program, nullptr, false),
                      Catch::Matchers::Contains("runtime library"));
}

TEST_CASE("trap: the compiler keeps the order of sums (no fast-math)", "[trap]") {
#ifdef __FAST_MATH__
  FAIL("kernels must not be compiled with -ffast-math");
#endif
  volatile double big = 1e16, one = 1;
  CHECK((big + one) - big == 0);
  CHECK(std::isnan(std::numeric_limits<double>::quiet_NaN() * one));
}
