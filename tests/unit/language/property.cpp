// tests/unit/language/property.cpp: random programs; every claim of a class, in type and table, against finite differences of
// values.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

#include <random>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::jet;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{5}, features{3}, mlp{4});
constexpr auto view = conditioner<"view">(masked_mlp{4});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});
constexpr auto plain = network<"plain">(mlp{3});

std::mt19937 choose;
int pick(std::size_t n) { return int(choose() % n); }

/// A system of point-level values of the pool.
template <int... I>
value random_system(const model& m, const std::vector<value>& pool, std::integer_sequence<int, I...>) {
  value f[sizeof...(I)] = {(void(I), pool[0])...};
  for (value& v : f) do
      v = pool[std::size_t(pick(pool.size()))];
    while (m.kind_of(v).l != level::point);
  return components(f[I]...);
}

/// A random program over values of every class; its last value is output "v", the sum of that over dimensions output "s".
template <int d>
void random_program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto a = m.parameter_per_dim<"a">(normal{1});
  std::vector<value> pool{x, x, t, a, drift(x, t), view(x, t), density(x, t), sum(x), sum(x * x), plain(x, t)};
  for (int s = 0; s < 9; s++) {
    const value u = pool[std::size_t(pick(pool.size()))], v = pool[std::size_t(pick(pool.size()))];
    const kind k = m.kind_of(u);
    switch (pick(18)) {
      case 12:
        if (others_operand(k, -1)) pool.push_back(pick(2) ? sum_before(u) : shift<-1>(u));
        break;
      case 13:
        if (others_operand(k, 1)) pool.push_back(pick(2) ? sum_after(u) : shift<1>(u));
        break;
      case 14:
        if (others_operand(k, 0)) pool.push_back(pick(2) ? sum_others(u) : shift<1>(u, periodic));
        break;
      case 15:
        if (k.l == level::dim) pool.push_back(u[pick(d)]);
        break;
      case 16: pool.push_back(random_system(m, pool, std::make_integer_sequence<int, d>{})); break;
      case 17: pool.push_back(x[pick(d)] + m.index() * m.indicator<0>()); break;
      case 0: pool.push_back(u + v); break;
      case 1:
      case 2: pool.push_back(u * v); break;
      case 3: pool.push_back(tanh(u)); break;
      case 4: pool.push_back(u - v); break;
      case 5:
      case 6: pool.push_back(sum(u)); break;
      case 7:
        if (k.dimwise) pool.push_back(D<1>(u));
        break;
      case 8: pool.push_back(u / (2.0 + sq(v))); break;
      case 9: pool.push_back(frozen(u)); break;
      case 10:
        if (unmixed(k) && k.l == level::dim) pool.push_back(view(u, t));
        break;
      case 11:
        if (lower_operand(k)) pool.push_back(readout<"r", 1>(masked_left<"l", 3>(u), masked_right<"q", 3>(a)));
        break;
    }
  }
  m.output<"v">(pool.back());
  m.output<"s">(sum(pool.back()));
}

struct counts {
  long dependences = 0, derivatives = 0, unavailable = 0, dense = 0, hollow = 0, scaled = 0;
};

template <int d>
void check_program(counts& n) {
  const recorded_table recorded = record(&random_program<d>);
  const table t = recorded.view();
  REQUIRE(first_wrong_kind(t) == -1);
  const int root = t.outputs[0].node;
  const kind k = t.nodes[root].k;
  n.dense += !k.dimwise;
  n.hollow += k.d == depends::hollow;
  n.scaled += k.d == depends::scaled_own;
  interpreter run(t);
  const std::vector<jet> here = run(root);
  double total = 0, size = 0;
  for (int i = 0; i < d; i++) total += here[std::size_t(i)][0], size += std::abs(here[std::size_t(i)][0]);
  const node& summed = t.nodes[t.outputs[1].node];
  REQUIRE(summed.k.l == level::point);
  if (!std::isnan(total)) REQUIRE(std::abs(run.value(t.outputs[1].node) - total) <= 1e-12 * (size + 1));
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      auto at = [&](double h) {
        interpreter moved = run;
        moved.x[std::size_t(j)] += h;
        return moved.value(root, i);
      };
      const double h = 2e-3;
      const double slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      if (std::isnan(slope)) {
        n.unavailable++;
        continue;
      }
      const int needed = j < i ? 1 : j == i ? 2 : 4;
      n.dependences++;
      INFO("d " << d << " level " << int(k.l) << " depends " << int(k.d) << " dimwise " << k.dimwise << " i " << i << " j " << j);
      if (!(bits(k.d) & needed)) REQUIRE(std::abs(slope) < 1e-9);
      if (i == j && k.dimwise) {
        const double claimed = here[std::size_t(i)][1];
        if (std::isnan(claimed)) {
          n.unavailable++;
          continue;
        }
        n.derivatives++;
        REQUIRE(std::abs(claimed - slope) < 1e-6 * (1 + std::abs(slope)));
      }
    }
}
}  // namespace

TEST_CASE("claims of dependence and of dimension-wise derivatives hold on random programs") {
  choose.seed(7);
  counts n;
  for (int round = 0; round < 20000; round++) {
    check_program<3>(n);
    if (round % 4 == 0) check_program<1>(n);
    if (round % 4 == 1) check_program<2>(n);
  }
  CAPTURE(n.dependences, n.derivatives, n.unavailable, n.dense, n.hollow, n.scaled);
  CHECK(n.dependences > 150000);
  CHECK(n.derivatives > 50000);
  CHECK(n.unavailable < n.dependences / 10);
  CHECK(n.dense > 1000);
  CHECK(n.hollow > 500);
  CHECK(n.scaled > 500);
}
