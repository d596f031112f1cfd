// tests/unit/analysis/node_kind.cpp: classes of a whole table follow from its leaves, and a wrong one is found.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

#include <vector>

using namespace dimwise;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{5, 4}, features{3}, mlp{4}, own_weights{});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2}, from_network{mlp{4}});
constexpr auto plain = network<"plain">(mlp{3, 3}, outputs{2});
template <int d>
void every_operation(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto c = m.input<"c", 2>();
  auto f = drift(x, m.input_per_dim<"e">(), t, c);
  auto p = exp(density(x, t));
  auto g = frozen(sigmoid(f)) + sqrt(softplus(f)) + pow(sq(f) + 1.0, 1.5) + sin(x) / cos(detach(x)) + log(tanh(x) + 2.0);
  m.output<"g">(g + m.constant<"h">(0.5) * m.parameter<"a">(1.0));
  m.output<"s">(slice<0, 1>(concat(c, t)) + sum_features(plain(x, t)) + mean(D<2>(f)) + dt<2>(density.log_weights(x, t)));
  m.equation<"fp">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
  m.sde<"s">(f, g);
}
template <int d>
void check() {
  const recorded_table r = record(&every_operation<d>);
  const table t = r.view();
  CHECK(first_wrong_kind(t) == -1);
  // every change of a class that is not a leaf's is found, at that node or (for a width that only itself tells) at a user of it
  std::vector<node> nodes(t.nodes, t.nodes + t.node_count);
  table changed = t;
  changed.nodes = nodes.data();
  int found = 0, tried = 0;
  for (int i = 0; i < t.node_count; i++) {
    if (nodes[std::size_t(i)].a < 0) continue;
    const kind k = nodes[std::size_t(i)].k;
    nodes[std::size_t(i)].k.dimwise = !k.dimwise;
    tried++;
    found += first_wrong_kind(changed) >= 0;
    nodes[std::size_t(i)].k = k;
  }
  CHECK(tried > 40);
  CHECK(found == tried);
}
}  // namespace

TEST_CASE("recorded classes follow from the leaves") {
  check<1>();
  check<2>();
  check<5>();
}
