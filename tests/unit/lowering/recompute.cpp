// tests/unit/lowering/recompute.cpp: what is repeated is complete, in order, and where it belongs.
#include "../../catch.hpp"
#include <dimwise/calculus/program.hpp>
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/lowering/recompute.hpp>

using namespace dimwise;

namespace {

constexpr auto net = hollow_net<"net">(masked_mlp{8}, features{4}, mlp{16, 16});

/// A loss on a sum over dimensions: its reverse pass is a second loop over them.
constexpr void squared_residual(model& m) {
  auto x = m.state<"x", 5>();
  auto f = net(x);
  m.minimize<"loss">(sq(sum(D<1>(f) + f * x)), m.samples<"points">());
}
constexpr void values(model& m) {
  auto x = m.state<"x", 5>();
  m.output<"f">(net(x));
}

template <class Check>
void with_program(const table& t, int root, differentiated_by by, Check check) {
  build_program(t, &root, 1, by, [&](const expansion& e) {
    check(jet_program_view{e.nodes.begin(), e.nodes.count});
    return 0;
  });
}

constexpr auto pool = hollow_net<"pool">(exclusive_pool{16, 8}, features{4}, mlp{8});
constexpr void pooled(model& m) {
  auto x = m.state<"x", 5>();
  m.output<"f">(pool(x));
}
constexpr void squared_pool(model& m) {
  auto x = m.state<"x", 5>();
  m.minimize<"loss">(sq(sum(pool(x))), m.samples<"points">());
}

}  // namespace

TEST_CASE("cheap features of a sum over other dimensions are repeated before it, and kept nowhere", "[lowering]") {
  const table& v = recording<pooled>::view;
  with_program(v, v.outputs[0].node, by_nothing, [&](const jet_program_view& p) {
    const int samples = 16, rows = 16;
    const auto repeated = [&](std::ptrdiff_t most) { return repeat_rather_than_keep(v, p, true, samples, most); };
    const std::ptrdiff_t fits = std::ptrdiff_t(rows) * v.d * samples * most_kept / most_summed;
    CHECK(int(repeated(fits).nodes.size()) == p.count);
    const repeated_program r = repeated(fits - v.d * samples);
    const jet_program_view q{r.nodes.data(), int(r.nodes.size())};
    const schedule before = make_schedule(p), after = make_schedule(q, true, r.earliest.data());
    CHECK(after.stages.size() == before.stages.size());
    int by_groups = 0, sums = 0;
    for (int i = 0; i < q.count; i++) {
      const jet_node& x = q.nodes[i];
      detail::for_each_operand(q, i, [&](int a) { CHECK(a < i); });
      if (x.o == jet_op::sum_others) {
        sums++;
        CHECK(sums_repeated_groups(x));
        const int copy = resolve(q, x.in[0].low), first = summed_operand(q, x);
        CHECK(q.nodes[copy].by_groups);
        CHECK(r.origin[std::size_t(copy)] == r.origin[std::size_t(first)]);
        CHECK(after.stage_of[std::size_t(copy)] == after.stage_of[std::size_t(i)]);
        CHECK(after.stage_of[std::size_t(first)] < after.stage_of[std::size_t(i)]);
      }
      CHECK(x.by_groups == bool(r.repeats[std::size_t(i)]));
      by_groups += x.by_groups;
      if (after.stage_of[std::size_t(i)] >= 0 && x.width == rows) CHECK(!after.kept[std::size_t(i)]);
    }
    CHECK(sums == 1);
    CHECK(by_groups == 2);  // a layer and its activation
  });
}

TEST_CASE("what the reverse pass of a sum over other dimensions reads again is kept", "[lowering]") {
  const table& t = recording<squared_pool>::view;
  with_program(t, t.objectives[0].node, by_parameters, [&](const jet_program_view& p) {
    for (const jet_node& x : repeat_rather_than_keep(t, p, true, 16, 0).nodes) CHECK(!x.by_groups);
  });
}

TEST_CASE("the layers of a transformer are repeated by the reverse loop, its features are kept", "[lowering]") {
  const table& t = recording<squared_residual>::view;
  with_program(t, t.objectives[0].node, by_parameters, [&](const jet_program_view& p) {
    const repeated_program r = repeat_rather_than_keep(t, p, true, 16, 0);
    const jet_program_view q{r.nodes.data(), int(r.nodes.size())};
    const schedule before = make_schedule(p), after = make_schedule(q, true, r.earliest.data());
    int repeated = 0;
    for (int i = 0; i < q.count; i++) {
      const jet_node& x = q.nodes[i];
      detail::for_each_operand(q, i, [&](int a) { CHECK(a < i); });
      CHECK(x.o == p.nodes[r.origin[std::size_t(i)]].o);
      if (!r.repeats[std::size_t(i)]) continue;
      repeated++;
      CHECK((x.o == jet_op::linear || x.o == jet_op::unary));
      CHECK(x.width == 16);
      CHECK(after.stage_of[std::size_t(i)] == r.earliest[std::size_t(i)]);
      CHECK(after.stage_of[std::size_t(i)] > before.stage_of[std::size_t(r.origin[std::size_t(i)])]);
    }
    CHECK(repeated == 4);  // two layers and their activations
    // nothing wide but the features is kept any more
    for (int i = 0; i < q.count; i++)
      if (after.stage_of[std::size_t(i)] >= 0 && after.kept[std::size_t(i)]) CHECK(q.nodes[i].width < 16);
    int kept_before = 0;
    for (int i = 0; i < p.count; i++)
      kept_before += before.stage_of[std::size_t(i)] >= 0 && before.kept[std::size_t(i)] && p.nodes[i].width == 16;
    CHECK(kept_before >= 2);
  });
}

TEST_CASE("what fits is kept, and a program without a second loop stays as it is", "[lowering]") {
  const table& t = recording<squared_residual>::view;
  with_program(t, t.objectives[0].node, by_parameters, [&](const jet_program_view& p) {
    const repeated_program r = repeat_rather_than_keep(t, p, true, 16, 1 << 20);
    CHECK(int(r.nodes.size()) == p.count);
  });
  const table& v = recording<values>::view;
  with_program(v, v.outputs[0].node, by_nothing, [&](const jet_program_view& p) {
    const repeated_program r = repeat_rather_than_keep(v, p, true, 16, 0);
    CHECK(int(r.nodes.size()) == p.count);
  });
}

TEST_CASE("of what does not fit, the work that costs least for its memory is repeated", "[lowering]") {
  const table& t = recording<squared_residual>::view;
  with_program(t, t.objectives[0].node, by_parameters, [&](const jet_program_view& p) {
    const auto repeated_layers = [&](std::ptrdiff_t rows) {
      const repeated_program r = repeat_rather_than_keep(t, p, true, 16, rows * t.d * 16);
      const schedule order = make_schedule({r.nodes.data(), int(r.nodes.size())}, true, r.earliest.data());
      std::vector<int> inputs;  // of the layers that are repeated
      for (std::size_t i = 0; i < r.nodes.size(); i++)
        if (r.repeats[i] && order.stage_of[i] >= 0 && r.nodes[i].o == jet_op::linear) inputs.push_back(r.nodes[i].inputs);
      return inputs;
    };
    // each of the two layers keeps 16 values, their slopes and derivatives
    CHECK(repeated_layers(96).empty());
    CHECK(repeated_layers(95) ==
          std::vector<int>{2});  // the first, of the coordinate and the features: its derivative has one term
    CHECK(repeated_layers(48) == std::vector<int>{2});
    CHECK(repeated_layers(47) == std::vector<int>{2, 1});
  });
}
