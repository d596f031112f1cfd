// tests/unit/language/refused.cpp: at run time a refusal is a sentence that names what is wrong.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

TEST_CASE("sentences") {
  CHECK_THROWS_AS(refused::D_of_a_dense_value(), error);
  CHECK_THROWS_WITH(refused::this_name_already_has_another_shape<"drift">(),
                    Catch::Contains("'drift'") && Catch::Contains("a name of its own"));
  CHECK_THROWS_WITH(refused::this_name_is_already_taken<"r">(), Catch::Contains("'r'"));
  CHECK_THROWS_WITH(refused::this_value_was_recorded_by_another_model(), Catch::Contains("another model"));
}

TEST_CASE("values of another recording are refused, wherever they are used") {
  static const handle* foreign = nullptr;
  record([](model& m) {
    const handle mine = m.state<"x", 3>();
    foreign = &mine;
    auto with_foreign_value = [](void (*build)(model&)) { CHECK_THROWS_WITH(record(build), Catch::Contains("another model")); };
    with_foreign_value([](model& n) { n.output<"r">(value(n.state<"x", 3>()) + value(*foreign)); });
    with_foreign_value([](model& n) { n.output<"r">(value(*foreign)); });
    with_foreign_value([](model& n) { n.equation<"e">(value(n.state<"x", 3>()) == value(*foreign)); });
    with_foreign_value([](model& n) { n.minimize<"o">(sum(value(*foreign)), n.samples<"data">()); });
    with_foreign_value([](model& n) { n.sde<"s">(n.state<"x", 3>(), value(*foreign)); });
    with_foreign_value(
        [](model& n) { n.output<"r">(hollow_net<"f">(masked_mlp{3}, features{2}, mlp{2})(n.state<"x", 3>(), value(*foreign))); });
    with_foreign_value(
        [](model& n) { n.output<"r">(gaussian_mixture<"p">(mixture_components{2})(n.state<"x", 3>(), value(*foreign))); });
    with_foreign_value([](model& n) { n.output<"r">(network<"v">(mlp{3})(n.time<"t">(), value(*foreign))); });
  });
}
