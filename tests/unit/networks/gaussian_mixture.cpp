// tests/unit/networks/gaussian_mixture.cpp: log densities of diagonal mixtures and their parameters.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
/// log sum_k w_k prod_i N(x_i; mean_ik, exp(s_ik)^2) from the recorded parameters.
double by_hand(const interpreter& run, int mixture, const std::vector<double>& x) {
  const mixture_entry& e = run.t.mixtures[mixture];
  const int K = run.t.nodes[e.mean].k.width;
  double p = 0, weights = 0;
  for (int k = 0; k < K; k++) {
    double q = std::exp(run.value(e.log_weights, 0, k));
    weights += q;
    for (int i = 0; i < run.t.d; i++) {
      const double sigma = std::exp(run.value(e.log_deviation, i, k)), z = (x[std::size_t(i)] - run.value(e.mean, i, k)) / sigma;
      q *= std::exp(-0.5 * z * z) / (sigma * std::sqrt(2 * 3.14159265358979323846));
    }
    p += q;
  }
  CHECK(weights == Approx(1).epsilon(1e-12));
  return std::log(p);
}
}  // namespace

TEST_CASE("constant, linear, from a network, and given: each is the density of its parameters") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto t = m.time<"t">();
    m.output<"constant">(gaussian_mixture<"a">(mixture_components{3})(x));
    m.output<"linear">(gaussian_mixture<"b">(mixture_components{3})(x, t));
    m.output<"explicit">(gaussian_mixture<"c">(mixture_components{2}, linear_in_time{})(x, 0.5 * t));
    m.output<"network">(gaussian_mixture<"d">(mixture_components{4}, from_network{mlp{5, 4}})(x, sin(t), cos(t)));
    auto w = m.parameter<"w", 3>(normal{1});
    auto mean = m.parameter_per_dim<"m", 3>(normal{1});
    auto s = m.parameter_per_dim<"s", 3>(normal{0.1});
    m.output<"given">(gaussian_mixture<"e">(x, w, mean + sin(t), s));
    m.output<"one">(gaussian_mixture<"f">(mixture_components{1}, constant_parameters{})(x));
  });
  const table t = r.view();
  const interpreter run(t);
  REQUIRE(t.mixture_count == 6);
  for (int i = 0; i < 6; i++) {
    INFO(t.outputs[i].name.view());
    CHECK(t.mixtures[i].log_density == t.outputs[i].node);
    CHECK(run.value(t.outputs[i].node) == Approx(by_hand(run, i, run.x)).epsilon(1e-12));
    CHECK(t.nodes[t.mixtures[i].mean].k.l == level::dim);
    CHECK(t.nodes[t.mixtures[i].log_deviation].k.l == level::dim);
    CHECK(t.nodes[t.mixtures[i].log_weights].k.l == level::point);
  }
}

TEST_CASE("starts of the parameters") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto t = m.time<"t">();
    m.output<"linear">(gaussian_mixture<"b">(mixture_components{3})(x, t));
    m.output<"network">(gaussian_mixture<"d">(mixture_components{4}, from_network{mlp{5}})(x, t));
  });
  const table t = r.view();
  auto scale = [&](std::string_view name) {
    for (int i = 0; i < t.tensor_count; i++)
      if (t.tensors[i].name.view() == name) return t.tensors[i].scale;
    return -1.0;
  };
  CHECK(scale("b.log_weights") == 1);
  CHECK(scale("b.mean") == 1);
  CHECK(scale("b.mean_rate") == 0.1);
  CHECK(scale("b.log_deviation") == 0.1);
  CHECK(scale("b.log_deviation_rate") == 0.1);
  CHECK(scale("d.mean.bias") == 1);
  CHECK(scale("d.log_deviation.bias") == 0.1);
  CHECK(scale("d.log_weights.weight") == Approx(1 / std::sqrt(5.0)));
  CHECK(scale("d.0.weight") == 1);
}

TEST_CASE("parameters are expressions of the same numbers") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto t = m.time<"t">();
    const auto p = gaussian_mixture<"p">(mixture_components{3}, from_network{mlp{4}});
    m.output<"l">(p(x, t));
    m.output<"mean">(p.mean(x, t));
    m.output<"log_deviation">(p.log_deviation(x, t));
    m.output<"log_weights">(p.log_weights(x, t));
    m.output<"penalty">(sum(sum_features(sq(dt<2>(p.mean(x, t))))));
  });
  const table t = r.view();
  CHECK(t.mixture_count == 1);
  CHECK(output_node(t, "mean") == t.mixtures[0].mean);
  CHECK(output_node(t, "log_deviation") == t.mixtures[0].log_deviation);
  CHECK(output_node(t, "log_weights") == t.mixtures[0].log_weights);
  CHECK(t.nodes[output_node(t, "penalty")].k.l == level::point);
}

TEST_CASE("a density called twice is one mixture; one wide node for each quantity") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    const auto p = gaussian_mixture<"p">(mixture_components{16});
    m.output<"now">(p(x, m.time<"t">()));
    m.output<"start">(p(x, 0.0));
  });
  CHECK(r.view().mixture_count == 1);
  CHECK(r.view().tensor_count == 5);
  CHECK(r.view().node_count < 50);
}

TEST_CASE("operands that do not fit are refused with a sentence") {
  auto message = [](void (*build)(model&)) -> std::string {
    try {
      record(build);
    } catch (const error& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.output<"r">(gaussian_mixture<"p">(mixture_components{2}, constant_parameters{})(x, m.time<"t">()));
             }),
             Catch::Contains("density(x)"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.output<"r">(gaussian_mixture<"p">(mixture_components{2})(x, m.input<"c", 2>()));
             }),
             Catch::Contains("density(x, t)"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.output<"r">(gaussian_mixture<"p">(mixture_components{2}, from_network{mlp{3}})(x));
             }),
             Catch::Contains("density(x, t)"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.output<"r">(gaussian_mixture<"p">(mixture_components{2})(x, value(sum(x))));
             }),
             Catch::Contains("must not depend on the state"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.output<"r">(gaussian_mixture<"p">(mixture_components{0})(x));
             }),
             Catch::Contains("at least 1"));
}
