// tests/unit/analysis/kind_rules.cpp: the rules of classes, for every pair of classes where that can be said in one line.
#include "catch.hpp"

#include <dimwise/analysis/kind_rules.hpp>

using namespace dimwise;

namespace {
constexpr depends classes[] = {depends::nothing,        depends::before,     depends::own,
                               depends::autoregressive, depends::after,      depends::hollow,
                               depends::own_and_after,  depends::everything, depends::scaled_own};
constexpr kind dim(depends d, bool dimwise = true, int width = 1) {
  return {level::dim, d, dimwise, width, because::it_is_not_dense};
}
constexpr kind point(depends d, bool dimwise = true, int width = 1) {
  return {level::point, d, dimwise, width, because::it_is_not_dense};
}
}  // namespace

TEST_CASE("joining takes the union of dependences and keeps the jet if both have it") {
  for (const depends a : classes)
    for (const depends b : classes)
      for (const op o : {op::add, op::sub, op::mul, op::div, op::concat}) {
        const kind r = joined_kind(dim(a), dim(b), o);
        INFO(int(a) << " " << int(b) << " op " << int(o));
        CHECK((bits(r.d) & 7) == ((bits(a) | bits(b)) & 7));
        CHECK(r.dimwise);
        CHECK_FALSE(joined_kind(dim(a, false), dim(b), o).dimwise);
        CHECK_FALSE(joined_kind(dim(a), dim(b, false), o).dimwise);
      }
}

TEST_CASE("scaled own: closed under + and -, products with point-level and own values, division by point-level values") {
  const kind s = dim(depends::scaled_own), u = dim(depends::own), p = point(depends::everything), h = dim(depends::hollow);
  CHECK(joined_kind(p, u, op::mul).d == depends::scaled_own);
  CHECK(joined_kind(u, p, op::div).d == depends::scaled_own);
  CHECK(joined_kind(p, u, op::div).d == depends::everything);
  CHECK(joined_kind(p, u, op::add).d == depends::scaled_own);
  CHECK(joined_kind(s, u, op::add).d == depends::scaled_own);
  CHECK(joined_kind(s, s, op::sub).d == depends::scaled_own);
  CHECK(joined_kind(s, p, op::mul).d == depends::scaled_own);
  CHECK(joined_kind(s, u, op::mul).d == depends::scaled_own);
  CHECK(joined_kind(s, s, op::mul).d == depends::everything);
  CHECK(joined_kind(s, h, op::add).d == depends::everything);
  CHECK(joined_kind(s, h, op::mul).d == depends::everything);
  CHECK(joined_kind(s, u, op::div).d == depends::everything);
  CHECK(joined_kind(s, u, op::concat).d == depends::everything);
  CHECK(pointwise_kind(s).d == depends::everything);
  CHECK(derivative_kind(s).d == depends::everything);
  CHECK(joined_kind(point(depends::nothing), u, op::mul).d == depends::own);
  CHECK(joined_kind(p, p, op::mul).d == depends::everything);
}

TEST_CASE("levels and widths of joined values") {
  CHECK(joined_kind(point(depends::nothing), dim(depends::own), op::add).l == level::dim);
  CHECK(joined_kind(point(depends::nothing), point(depends::nothing), op::add).l == level::point);
  CHECK(joined_kind(dim(depends::own, true, 3), dim(depends::own), op::mul).width == 3);
  CHECK(joined_kind(dim(depends::own, true, 3), dim(depends::own, true, 2), op::concat).width == 5);
  CHECK(linear_kind(point(depends::nothing, true, 3), 7, false) == point(depends::nothing, true, 7));
  CHECK(linear_kind(point(depends::nothing, true, 3), 7, true) == dim(depends::nothing, true, 7));
  CHECK(unstack_kind(point(depends::nothing, true, 6), 2) == dim(depends::nothing, true, 2));
  CHECK(of_width(dim(depends::own, true, 6), 1) == dim(depends::own));
}

TEST_CASE("why a value is dense") {
  kind a = dim(depends::everything, false), b = a;
  a.why = because::it_sums_values_that_see_other_coordinates;
  b.why = because::a_network_mixed_all_coordinates;
  CHECK(joined_kind(a, dim(depends::own), op::add).why == a.why);
  CHECK(joined_kind(dim(depends::own), b, op::add).why == b.why);
  CHECK(joined_kind(a, a, op::add).why == a.why);
  CHECK(joined_kind(a, b, op::add).why == because::two_mixing_values_met);
  CHECK(sum_kind(dim(depends::hollow)).why == because::it_sums_values_that_see_other_coordinates);
  CHECK(mixing_sum_kind(dim(depends::own)).why == because::a_network_mixed_all_coordinates);
}

TEST_CASE("sums, conditioners and derivatives") {
  CHECK(sum_kind(dim(depends::nothing)) == point(depends::nothing));
  CHECK(sum_kind(dim(depends::own)) == point(depends::everything));
  CHECK(sum_kind(dim(depends::scaled_own)) == point(depends::everything));
  CHECK(sum_kind(dim(depends::single_coordinate)) == point(depends::single_coordinate));
  for (const depends d : {depends::before, depends::after, depends::hollow, depends::everything})
    CHECK_FALSE(sum_kind(dim(d)).dimwise);
  CHECK(mixing_sum_kind(dim(depends::nothing)) == point(depends::nothing));
  CHECK(mixing_sum_kind(dim(depends::single_coordinate)).dimwise);
  CHECK(conditioner_kind(dim(depends::own), 4) == dim(depends::hollow, true, 4));
  CHECK(conditioner_kind(dim(depends::nothing), 4) == dim(depends::nothing, true, 4));
  CHECK(conditioner_kind(dim(depends::single_coordinate), 4) == dim(depends::nothing, true, 4));
  CHECK(masked_input_kind(dim(depends::autoregressive), 5, false).d == depends::before);
  CHECK(masked_input_kind(dim(depends::own_and_after), 5, true).d == depends::after);
  CHECK(derivative_kind(point(depends::everything)) == dim(depends::everything));
  CHECK(derivative_kind(dim(depends::own)) == dim(depends::own));
}
