// tests/unit/kernel/dimension_steps.cpp: kernels of values that are brought from other dimensions: digits, no leak, no cancellation.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dimwise/kernel/interpret.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "dimwise/oracle/compare.hpp"

using namespace dimwise;

namespace {

/// All outputs of a recording without parameters, [output][sample * numbers].
template <class T>
std::vector<std::vector<T>> outputs_of(const table& t, const std::vector<T>& state) {
  std::vector<output_info> infos;
  for (int i = 0; i < t.output_count; i++) infos.push_back({std::string(t.outputs[i].name.view()), t.outputs[i].node, level::point, 1});
  const auto kernel = interpret<T>(t, infos, false);
  const std::size_t samples = state.size() / std::size_t(t.d);
  std::vector<T> parameters(std::size_t(t.parameters)), workspace(kernel->evaluate_workspace());
  const std::vector<T> time(samples, T(0.5));
  arguments<T> in;
  in.samples = samples;
  in.state = state.data();
  in.time = time.data();
  std::vector<std::vector<T>> values;
  std::vector<T*> out;
  for (const output_info& o : kernel->outputs()) {
    values.emplace_back(samples * std::size_t(o.width) * (o.l == level::dim ? std::size_t(t.d) : 1));
    out.push_back(values.back().data());
  }
  kernel->evaluate(parameters.data(), in, 0, samples, out.data(), workspace.data());
  return values;
}

constexpr int d = 7;
void sums(model& m) {
  auto x = m.state<"x", d>();
  m.output<"before">(sum_before(x));
  m.output<"after">(sum_after(x));
  m.output<"others">(sum_others(x));
  m.output<"index">(m.index() + 10.0 * m.indicator<3>());
}

}  // namespace

TEST_CASE("sums over the others are added up, not taken from the total") {
  const auto r = record(&sums);
  std::vector<double> x{1e-9, 3, 1e18, -2, 5e-8, 7, 11};
  const auto v = outputs_of(r.view(), x);
  for (std::size_t i = 0; i < d; i++) {
    double before = 0, after = 0;
    for (std::size_t j = 0; j < i; j++) before += x[j];
    for (std::size_t j = d - 1; j > i; j--) after += x[j];
    CHECK(v[0][i] == before);
    CHECK(v[1][i] == after);
    CHECK(v[2][i] == before + after);
    CHECK(v[3][i] == double(i) + (i == 3 ? 10 : 0));
  }
  CHECK(v[2][2] == Approx(19 + 5.1e-8).epsilon(1e-15));  // 1e18 is not among them
}

TEST_CASE("no bit of a sum over the others follows what it must not see") {
  const auto r = record(&sums);
  std::vector<float> x(d * 21);
  for (std::size_t e = 0; e < x.size(); e++) x[e] = float(std::sin(3.0 * double(e)));
  const auto before = outputs_of(r.view(), x);
  for (std::size_t j = 0; j < d; j++)
    for (const float moved : {-40.5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      auto y = x;
      for (std::size_t s = 0; s < 21; s++) y[s * d + j] = moved;
      const auto after = outputs_of(r.view(), y);
      for (std::size_t s = 0; s < 21; s++)
        for (std::size_t i = 0; i < d; i++) {
          const auto same = [&](std::size_t o) { return std::memcmp(&before[o][s * d + i], &after[o][s * d + i], sizeof(float)) == 0; };
          REQUIRE(same(0) == (j >= i));
          REQUIRE(same(1) == (j <= i));
          REQUIRE(same(2) == (j == i));
        }
    }
}
