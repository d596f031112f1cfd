// tests/unit/language/parameters.cpp: named tensors: names, places, starts, and one name with two shapes.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

TEST_CASE("parameters of a model") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto rate = m.parameter_per_dim<"rate">(0.25);
    auto mix = m.parameter<"mix", 2>(normal{0.5}, untrained{});
    m.output<"r">(rate * x + mix);
  });
  const table t = r.view();
  REQUIRE(t.tensor_count == 2);
  const tensor &rate = t.tensors[0], &mix = t.tensors[1];
  CHECK(rate.name.view() == "rate");
  CHECK(rate.rank == 2);
  CHECK(rate.shape[0] == 3);
  CHECK(rate.shape[1] == 1);
  CHECK(rate.init == initial::constant);
  CHECK(rate.scale == 0.25);
  CHECK(rate.trained);
  CHECK(mix.name.view() == "mix");
  CHECK(mix.rank == 1);
  CHECK(mix.shape[0] == 2);
  CHECK(mix.init == initial::normal);
  CHECK(mix.scale == 0.5);
  CHECK_FALSE(mix.trained);
  CHECK(mix.offset == 3);
  CHECK(t.parameters == 5);
}

TEST_CASE("offsets do not overlap and names are unique") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 4>();
    auto t = m.time<"t">();
    const auto f = hollow_net<"f">(masked_mlp{8, 7}, features{3}, mlp{5, 6});
    const auto g = hollow_net<"g">(masked_mlp{4}, features{2}, mlp{}, own_weights{});
    const auto p = gaussian_mixture<"p">(mixture_components{3}, from_network{mlp{5}});
    m.output<"r">(f(x, t) * g(x) + p(x, t) + network<"n">(mlp{3})(x, t));
  });
  const table t = r.view();
  int end = 0;
  for (int i = 0; i < t.tensor_count; i++) {
    CHECK(t.tensors[i].offset == end);
    end += t.tensors[i].size();
    for (int j = 0; j < i; j++) CHECK_FALSE(t.tensors[i].name == t.tensors[j].name);
    CHECK_FALSE(t.tensors[i].meaning.view().empty());
  }
  CHECK(end == t.parameters);
}

TEST_CASE("one name with two shapes is refused, whatever differs") {
  auto message = [](void (*build)(model&)) -> std::string {
    try {
      record(build);
    } catch (const error& e) {
      return e.what();
    }
    return "";
  };
  const auto two_shapes = Catch::Contains("'a' already has another shape");
  CHECK_THAT(message([](model& m) { m.output<"r">(m.parameter<"a", 2>(0.0) + m.parameter<"a", 1>(0.0)); }), two_shapes);
  CHECK_THAT(message([](model& m) { m.output<"r">(m.parameter<"a">(0.0) + m.parameter<"a">(1.0)); }), two_shapes);
  CHECK_THAT(message([](model& m) {
               auto t = m.time<"t">();
               m.output<"r">(network<"a">(mlp{3})(t) + network<"a">(mlp{4})(t));
             }),
             two_shapes);
  CHECK_THAT(message([](model& m) {
               auto t = m.time<"t">();
               m.output<"r">(network<"a">(mlp{3})(t) + network<"a">(mlp{3, 3})(t));
             }),
             two_shapes);
  CHECK_THAT(message([](model& m) {
               auto t = m.time<"t">();
               m.output<"r">(network<"a">(mlp{3, 3})(t) + network<"a">(mlp{3})(t));
             }),
             two_shapes);
  CHECK_THAT(message([](model& m) {
               auto t = m.time<"t">();
               m.output<"r">(network<"a">(mlp{3})(t) + m.parameter<"a">(0.0));
             }),
             two_shapes);
  CHECK_THAT(message([](model& m) {
               auto t = m.time<"t">();
               m.output<"r">(network<"a">(mlp{3})(t) + m.parameter<"a.0.bias", 3>(0.0));
             }),
             Catch::Contains("'a.0.bias' is already taken") || Catch::Contains("already"));
  CHECK(message([](model& m) {
          auto t = m.time<"t">();
          m.output<"r">(network<"a">(mlp{3})(t) + network<"a">(mlp{3})(2.0 * t));
        }) == "");
}

TEST_CASE("names that become too long are refused") {
  CHECK_THROWS_WITH(
      record([](model& m) {
        auto x = m.state<"x", 3>();
        m.output<"r">(hollow_net<"a_network_with_a_name_that_is_far_too_long">(masked_mlp{8}, features{3}, mlp{5})(x));
      }),
      Catch::Contains("63 characters"));
}
