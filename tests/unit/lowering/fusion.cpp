// tests/unit/lowering/fusion.cpp: which products are computed together with the function that follows them.
#include "../../catch.hpp"
#include <dimwise/calculus/program.hpp>
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/lowering/fusion.hpp>

using namespace dimwise;

namespace {

constexpr void tanh_network(model& m) {
  auto x = m.state<"x", 1>();
  auto f = network<"f">(mlp{8, 8}, outputs{1})(x);
  m.output<"f">(f);
  m.output<"D2">(D<2>(f));
}

struct counted {
  int products = 0, fused = 0, followers = 0, forward_fused = 0, strips = 0;
};

counted count_fusions(const table& t, bool reverse) {
  int roots[8], n = 0;
  for (int i = 0; i < t.output_count; i++) roots[n++] = t.outputs[i].node;
  return build_program(t, roots, n, reverse ? by_parameters : by_nothing, [](const expansion& e) {
    const jet_program_view p{e.nodes.begin(), e.nodes.count};
    const schedule order = make_schedule(p);
    const fusion f = find_fusions(p, order);
    counted c;
    for (int i = 0; i < p.count; i++) {
      if (order.stage_of[std::size_t(i)] < 0) continue;
      c.products += is_product(p.nodes[i]);
      c.followers += f.follows[std::size_t(i)];
      const int j = f.follower[std::size_t(i)];
      if (j < 0) continue;
      c.fused++;
      c.forward_fused += p.nodes[j].o == jet_op::unary;
      CHECK(is_product(p.nodes[i]));
      CHECK(f.follows[std::size_t(j)]);
      CHECK(resolve(p, p.nodes[j].in[0].low) == i);
      CHECK(bool(f.in_place[std::size_t(i)]) == ((p.nodes[i].stored & ~p.nodes[j].stored) == 0));
      c.strips += !f.in_place[std::size_t(i)];
      for (int k = 0; k < p.count; k++)  // nobody else reads it
        if (k != j && order.stage_of[std::size_t(k)] >= 0) detail::for_each_operand(p, k, [&](int a) { CHECK(a != i); });
    }
    return c;
  });
}

constexpr void factor_of_others(model& m) {
  auto x = m.state<"x", 3>();
  m.output<"f">(tanh(0.25 * sum_others(x)));
}
constexpr void others_and_factor(model& m) {
  auto x = m.state<"x", 3>();
  m.output<"f">(0.25 * sum_others(x) * sum_others(x));
}

constexpr void softplus_of_a_network(model& m) {
  auto x = m.state<"x", 1>();
  auto u = network<"u">(mlp{8}, outputs{1})(x);
  m.output<"f">(softplus(u));
}

constexpr void network_used_twice(model& m) {
  auto x = m.state<"x", 1>();
  auto u = network<"u">(mlp{8}, outputs{1})(x);
  m.output<"f">(tanh(u) + u);
}

}  // namespace

TEST_CASE("hidden layers are computed with their activation, forward and reverse", "[lowering]") {
  const counted forward = count_fusions(recording<tanh_network>::view, false);
  CHECK(forward.products == 3);
  CHECK(forward.fused == 2);  // the output layer has no activation
  CHECK(forward.followers == 2);
  const counted both = count_fusions(recording<tanh_network>::view, true);
  CHECK(both.forward_fused == 2);
  CHECK(both.fused == 4);   // and the cotangents of the two hidden layers
  CHECK(both.strips == 1);  // the cotangent of the first activation has an order that its argument, linear in x, lacks
}

TEST_CASE("a factor of a sum over other dimensions is applied with it, unless the sum is read twice", "[lowering]") {
  const auto fused = [](const table& t) {
    int roots[] = {t.outputs[0].node};
    return build_program(t, roots, 1, by_nothing, [](const expansion& e) {
      const jet_program_view p{e.nodes.begin(), e.nodes.count};
      const fusion f = find_fusions(p, make_schedule(p));
      int n = 0;
      for (int i = 0; i < p.count; i++)
        if (f.follower[std::size_t(i)] >= 0) {
          n++;
          CHECK(p.nodes[i].o == jet_op::sum_others);
          CHECK(p.nodes[f.follower[std::size_t(i)]].o == jet_op::scale);
        }
      return n;
    });
  };
  CHECK(fused(recording<factor_of_others>::view) == 1);
  CHECK(fused(recording<others_and_factor>::view) == 0);
}

TEST_CASE("a product that something else reads keeps its buffer", "[lowering]") {
  CHECK(count_fusions(recording<softplus_of_a_network>::view, false).forward_fused == 2);
  CHECK(count_fusions(recording<softplus_of_a_network>::view, true).forward_fused ==
        1);  // the slope of softplus reads its operand
  CHECK(count_fusions(recording<network_used_twice>::view, false).fused == 1);
}
