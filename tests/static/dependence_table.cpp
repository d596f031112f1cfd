// tests/static/dependence_table.cpp: the table of classes, row by row, as the types of expressions know it.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
/// The class of an expression, from its type alone.
#define CLASS(...) decltype(__VA_ARGS__)::k
constexpr bool is(kind k, level l, depends d, bool dimwise = true) { return k.l == l && k.d == d && k.dimwise == dimwise; }
constexpr bool dense_because(kind k, because why) { return !k.dimwise && k.why == why; }

constexpr auto drift = hollow_net<"drift">(masked_mlp{8}, features{4}, mlp{8});
constexpr auto view = conditioner<"view", 4>(masked_mlp{8});
constexpr auto plain = network<"plain">(mlp{8});
constexpr auto tau = transformer<"tau">(mlp{8});
constexpr auto own_tau = transformer<"own_tau">(mlp{8}, own_weights{});
constexpr auto density = gaussian_mixture<"density">(mixture_components{3});

constexpr auto point = level::point;
constexpr auto dim = level::dim;

constexpr void rows(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto c = m.input<"c", 3>();
  auto e = m.input_per_dim<"e">();
  auto h = m.constant<"h">(0.1);
  auto a = m.parameter<"a">(1.0);
  auto b = m.parameter_per_dim<"b">(1.0);

  // parameter, time, input: nothing
  static_assert(is(CLASS(t), point, depends::nothing) && is(CLASS(c), point, depends::nothing) &&
                is(CLASS(h), point, depends::nothing));
  static_assert(is(CLASS(e), dim, depends::nothing) && is(CLASS(a), point, depends::nothing) &&
                is(CLASS(b), dim, depends::nothing));
  // the state: own
  static_assert(is(CLASS(x), dim, depends::own));
  // pointwise functions, transformers: union of operands, dimwise if all have it
  static_assert(is(CLASS(tanh(x)), dim, depends::own) && is(CLASS(exp(t)), point, depends::nothing) &&
                is(CLASS(x * t + e), dim, depends::own));
  auto f = drift(x, t);
  auto v = view(x, t);
  static_assert(is(CLASS(f), dim, depends::everything) && is(CLASS(x + v), dim, depends::everything) &&
                is(CLASS(sq(v)), dim, depends::hollow));
  static_assert(is(CLASS(tau(x, t)), dim, depends::own) && is(CLASS(tau(v, t)), dim, depends::hollow) &&
                is(CLASS(own_tau(t)), dim, depends::nothing));
  static_assert(is(CLASS(concat(x, v)), dim, depends::everything) && is(CLASS(slice<0, 1>(concat(x, e))), dim, depends::own));
  // strictly lower and upper couplings, and their readout
  auto left = masked_left<"left", 8>(x, t);
  auto right = masked_right<"right", 8>(x, t);
  static_assert(is(CLASS(left), level::units, depends::before) && is(CLASS(right), level::units, depends::after));
  static_assert(is(CLASS(masked_hidden<"left2", 6>(tanh(left))), level::units, depends::before));
  auto nothing_left = masked_left<"left3", 8>(e, t);
  auto nothing_right = masked_right<"right3", 8>(e, t);
  auto before = readout<"before", 1>(left, nothing_right);
  auto after = readout<"after", 1>(nothing_left, right);
  static_assert(is(CLASS(before), dim, depends::before) && is(CLASS(after), dim, depends::after));
  static_assert(is(CLASS(before + x), dim, depends::autoregressive) && is(CLASS(x * after), dim, depends::own_and_after));
  static_assert(is(CLASS(masked_left<"left4", 8>(before + x)), level::units, depends::before));
  static_assert(is(CLASS(masked_right<"right4", 8>(x * after)), level::units, depends::after));
  static_assert(detail::LowerOperand<decltype(before + x)> && !detail::LowerOperand<decltype(after)> &&
                !detail::LowerOperand<decltype(v)>);
  static_assert(detail::UpperOperand<decltype(x * after)> && !detail::UpperOperand<decltype(before)>);
  // shifts: before or after, both if periodic, the value itself by 0
  static_assert(is(CLASS(shift<1>(x)), dim, depends::after) && is(CLASS(shift<-2>(x)), dim, depends::before) &&
                is(CLASS(shift<1>(x, periodic)), dim, depends::hollow) && is(CLASS(shift<0>(f)), dim, depends::everything) &&
                is(CLASS(shift<1>(e, periodic)), dim, depends::nothing));
  static_assert(is(CLASS(shift<-1, 3>(x, grid{2, 2})), dim, depends::before) &&
                is(CLASS(shift<0, 1>(x, grid{2, 2})), dim, depends::after) &&
                is(CLASS(shift<1, 0>(x, grid{2, 2}, periodic)), dim, depends::hollow));
  static_assert(is(CLASS(shift<-1>(before + x)), dim, depends::before) && is(CLASS(shift<1>(x * after)), dim, depends::after));
  static_assert(!detail::ShiftOperand<decltype(before), 0, 1> && !detail::ShiftOperand<decltype(after), 0, -1> &&
                !detail::ShiftOperand<decltype(before), 0, -1, periodic_border> &&
                !detail::ShiftOperand<decltype(sum(x)), 0, 1> && !detail::ShiftOperand<decltype(x * sum(x)), 0, 1>);
  // single components: as a sum; of what sees other coordinates: dense; put together: all, f_i by x[i]
  static_assert(is(CLASS(x[1]), point, depends::everything) && is(CLASS(e[1]), point, depends::nothing) &&
                is(CLASS((x * sum(x))[0]), point, depends::everything));
  static_assert(is(CLASS(f[0]), point, depends::everything, false) && is(CLASS(v[0]), point, depends::everything, false));
  static_assert(dense_because(CLASS(v[0]), because::it_is_one_component_of_values_that_see_other_coordinates));
  static_assert(is(CLASS(components(x[1], x[0] * x[2], t, 1)), dim, depends::everything) &&
                is(CLASS(components(1, t, a, 2)), dim, depends::nothing) &&
                is(CLASS(components(x[1], f[0], 0, 0)), dim, depends::everything, false));
  // the number of a dimension: nothing; sums over the dimensions before, after and besides it
  static_assert(is(CLASS(m.index()), dim, depends::nothing) && is(CLASS(m.indicator<1>()), dim, depends::nothing));
  static_assert(is(CLASS(sum_before(x)), dim, depends::before) && is(CLASS(sum_before(before + x)), dim, depends::before) &&
                is(CLASS(sum_before(e)), dim, depends::nothing));
  static_assert(is(CLASS(sum_after(x)), dim, depends::after) && is(CLASS(sum_after(x * after)), dim, depends::after));
  static_assert(is(CLASS(sum_others(x)), dim, depends::hollow) && is(CLASS(sum_others(b)), dim, depends::nothing));
  static_assert(!detail::OthersOperand<decltype(after), -1> && !detail::OthersOperand<decltype(before), 1> &&
                !detail::OthersOperand<decltype(before), 0> && !detail::OthersOperand<decltype(v), 0> &&
                !detail::OthersOperand<decltype(sum(x)), 0> && !detail::OthersOperand<decltype(x * sum(x)), 0>);
  // a conditioner: hollow; of nothing: nothing
  static_assert(is(CLASS(v), dim, depends::hollow) && is(CLASS(view(e, t)), dim, depends::nothing));
  static_assert(is(CLASS(linear_of_others<"C">(x)), dim, depends::hollow));
  // a conditioner of an operand that already mixes coordinates: refused
  static_assert(detail::UnmixedOperand<decltype(x)> && detail::UnmixedOperand<decltype(e * x)> &&
                detail::UnmixedOperand<decltype(t)>);
  static_assert(!detail::UnmixedOperand<decltype(f)> && !detail::UnmixedOperand<decltype(v)> &&
                !detail::UnmixedOperand<decltype(sum(x))>);
  static_assert(!detail::UnmixedOperand<decltype(x * sum(x))>);
  // any other coupling: dense
  static_assert(is(CLASS(plain(x, t)), point, depends::everything, false));
  static_assert(dense_because(CLASS(plain(x, t)), because::a_network_mixed_all_coordinates));
  static_assert(is(CLASS(plain(t, c)), point, depends::nothing) && is(CLASS(plain(e, t)), point, depends::nothing));
  // sum over dims of nothing / of {own} or scaled own / of anything else
  static_assert(is(CLASS(sum(e)), point, depends::nothing));
  static_assert(is(CLASS(sum(x)), point, depends::everything) && is(CLASS(sum(x * sum(x))), point, depends::everything));
  static_assert(is(CLASS(sum(f)), point, depends::everything, false) && is(CLASS(sum(v)), point, depends::everything, false));
  static_assert(dense_because(CLASS(sum(f)), because::it_sums_values_that_see_other_coordinates));
  static_assert(dense_because(CLASS(sum(f) * plain(x, t)), because::two_mixing_values_met));
  static_assert(is(CLASS(density(x, t)), point, depends::everything));
  // a dimwise point-level value, used at dim level: all, dimwise
  auto p = exp(density(x, t));
  static_assert(is(CLASS(p), point, depends::everything) && is(CLASS(f * p), dim, depends::everything));
  // D<k>(v), v dimwise with own bit: as v, and D may be applied again
  static_assert(is(CLASS(D<1>(x * D<1>(f))), dim, depends::everything) && is(CLASS(D<2>(sq(x))), dim, depends::own));
  static_assert(is(CLASS(D<1>(p)), dim, depends::everything) && is(CLASS(D<1>(f * p)), dim, depends::everything));
  // D<k>(v), v dense: refused
  static_assert(!DimwiseDifferentiable<decltype(sum(f))> && DimwiseDifferentiable<decltype(f)>);
  static_assert(!DimwiseDifferentiable<decltype(sum(D<1>(f * p)))> && !DimwiseDifferentiable<decltype(sum(x * D<1>(f)))>);
  // D<k>(v) without own bit: zero, with a warning
  static_assert(!detail::OwnDifferentiable<decltype(v)> && detail::ConstantAlongOwn<decltype(v)> &&
                detail::ConstantAlongOwn<decltype(t)>);
  // point-level factors times own values: scaled own; closed under +, -, products; D and dt end it
  auto s = x * sum(x);
  static_assert(is(CLASS(s), dim, depends::scaled_own) && is(CLASS(s - x / sum(exp(x))), dim, depends::scaled_own));
  static_assert(is(CLASS(s * tanh(x)), dim, depends::scaled_own) && is(CLASS(s * sum(sq(x))), dim, depends::scaled_own));
  static_assert(is(CLASS(s * s), dim, depends::everything) && is(CLASS(D<1>(s)), dim, depends::everything) &&
                is(CLASS(dt(s)), dim, depends::everything));
  static_assert(is(CLASS(sum(s - x / sum(exp(x)))), point, depends::everything));
  // dt(v): as v
  static_assert(is(CLASS(dt(f)), dim, depends::everything) && is(CLASS(dt<2>(p)), point, depends::everything) &&
                is(CLASS(dt(t)), point, depends::nothing));
  static_assert(is(CLASS(frozen(f)), dim, depends::everything) && is(CLASS(detach(x)), dim, depends::own));
  m.output<"all">(sum(s) + sum(tau(x, t)) + p);
}

constexpr void one_coordinate(model& m) {
  auto x = m.state<"x", 1>();
  auto t = m.time<"t">();
  constexpr auto single = depends::single_coordinate;
  // d = 1: always dimension-wise differentiable
  static_assert(is(CLASS(x), dim, single) && is(CLASS(x * t), dim, single) && is(CLASS(sum(x)), point, single));
  static_assert(is(CLASS(plain(x, t)), dim, single) && is(CLASS(drift(x, t)), dim, single) &&
                is(CLASS(density(x, t)), point, single));
  static_assert(is(CLASS(view(x, t)), dim, depends::nothing) && is(CLASS(sum_others(x)), dim, depends::nothing));
  static_assert(is(CLASS(shift<1>(x, periodic)), dim, single) && is(CLASS(shift<1>(x)), dim, depends::nothing));
  static_assert(is(CLASS(x[0]), point, single) && is(CLASS(components(x[0])), dim, single) &&
                is(CLASS(drift(x, t)[0]), point, single));
  static_assert(DimwiseDifferentiable<decltype(sum(drift(x, t)))> && DimwiseDifferentiable<decltype(plain(sum(x)))>);
  m.equation<"burgers">(dt(plain(x, t)) + plain(x, t) * D<1>(plain(x, t)) == 0.01 * D<2>(plain(x, t)));
}

static_assert(first_wrong_kind(recording<rows>::view) == -1);
static_assert(first_wrong_kind(recording<one_coordinate>::view) == -1);
}  // namespace

TEST_CASE("the table of classes") {
  CHECK(record(&rows).view().node_count == recording<rows>::view.node_count);
  CHECK(record(&one_coordinate).view().node_count == recording<one_coordinate>::view.node_count);
}
