// tests/unit/analysis/dependence.cpp: predicates of classes.
#include "catch.hpp"

#include <dimwise/analysis/dependence.hpp>

using namespace dimwise;

namespace {
constexpr kind dim(depends d, bool dimwise = true) { return {level::dim, d, dimwise, 1, because::it_is_not_dense}; }
constexpr kind point(depends d, bool dimwise = true) { return {level::point, d, dimwise, 1, because::it_is_not_dense}; }
}  // namespace

TEST_CASE("own and other coordinates") {
  CHECK(sees_own(dim(depends::own)));
  CHECK(sees_own(dim(depends::scaled_own)));
  CHECK(sees_own(dim(depends::single_coordinate)));
  CHECK_FALSE(sees_own(dim(depends::hollow)));
  CHECK(sees_others(dim(depends::hollow)));
  CHECK_FALSE(sees_others(dim(depends::own)));
  CHECK_FALSE(sees_others(dim(depends::single_coordinate)));
}

TEST_CASE("factors, own values, operands of conditioners") {
  CHECK(point_factor(point(depends::everything)));
  CHECK_FALSE(point_factor(point(depends::everything, false)));
  CHECK_FALSE(point_factor(dim(depends::own)));
  CHECK(own_only(dim(depends::nothing)));
  CHECK_FALSE(own_only(dim(depends::scaled_own)));
  CHECK_FALSE(own_only(point(depends::nothing)));
  CHECK(unmixed(dim(depends::own)));
  CHECK(unmixed(point(depends::nothing)));
  CHECK(unmixed(dim(depends::single_coordinate)));
  CHECK_FALSE(unmixed(point(depends::single_coordinate)));
  CHECK_FALSE(unmixed(point(depends::everything)));
  CHECK_FALSE(unmixed(dim(depends::before)));
  CHECK(lower_operand(dim(depends::autoregressive)));
  CHECK_FALSE(lower_operand(dim(depends::after)));
  CHECK(upper_operand(dim(depends::own_and_after)));
  CHECK_FALSE(upper_operand(dim(depends::before)));
  CHECK_FALSE(upper_operand(dim(depends::scaled_own)));
}

TEST_CASE("which sums stay dimension-wise differentiable") {
  for (const depends d : {depends::nothing, depends::own, depends::scaled_own, depends::single_coordinate})
    CHECK(sum_stays_dimwise(dim(d)));
  for (const depends d : {depends::before, depends::after, depends::hollow, depends::autoregressive, depends::everything})
    CHECK_FALSE(sum_stays_dimwise(dim(d)));
  CHECK_FALSE(sum_stays_dimwise(dim(depends::own, false)));
}

TEST_CASE("widths, known and known to the recording only") {
  kind one = dim(depends::own), three = one, four = one, later = one;
  three.width = 3, four.width = 4, later.width = recorded_width;
  CHECK(widths_fit(one, three));
  CHECK(widths_fit(three, three));
  CHECK_FALSE(widths_fit(three, four));
  CHECK(widths_fit(three, later));
  CHECK(joined_width(1, 3) == 3);
  CHECK(joined_width(recorded_width, 3) == 3);
  CHECK(joined_width(recorded_width, 1) == recorded_width);
  CHECK(concatenated_width(2, 3) == 5);
  CHECK(concatenated_width(2, recorded_width) == recorded_width);
}
