// tests/unit/networks/sizes.cpp: sizes and options in words.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

TEST_CASE("sizes and options") {
  constexpr mlp m{3, 4, 5};
  static_assert(m.count == 3 && m.width[2] == 5);
  static_assert(mlp{}.count == 0);
  constexpr detail::network_options none, both(last_layer_scale{0.1}, own_weights{});
  CHECK_FALSE(none.own);
  CHECK(none.last_scale == 1);
  CHECK(both.own);
  CHECK(both.last_scale == 0.1);
  CHECK_THROWS_WITH((mlp{3, 0}), Catch::Contains("at least 1"));
  CHECK_THROWS_WITH((mlp{1, 1, 1, 1, 1, 1, 1, 1, 1}), Catch::Contains("at most 8"));
}
