// tests/unit/language/expression.cpp: what the types of expressions say, and which expressions there are.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
constexpr auto view = conditioner<"view", 2>(masked_mlp{4});
constexpr void program(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  // the name to blame: the operand that mixes coordinates, else the first that has one
  static_assert(decltype(x * t)::name.view() == "x");
  static_assert(decltype(2.0 * t)::name.view() == "t");
  static_assert(decltype(x * view(x, t))::name.view() == "view");
  static_assert(decltype(sum(x * view(x, t)) * t)::name.view() == "view");
  // the same class may be assigned
  auto y = x;
  y = y * t + 2.0 * x;
  value v = y;
  v = v + view(x, t);
  v = t;
  m.output<"y">(y + v);
}
static_assert(recording<program>::view.node_count > 0);

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
struct something {};
}  // namespace

TEST_CASE("terms and operands") {
  CHECK(Term<value>);
  CHECK_FALSE(TypedTerm<value>);
  CHECK(TypedTerm<expression<level::dim, depends::own, 1, "x">>);
  CHECK(TypedTerm<dense_expression<level::point, because::a_network_mixed_all_coordinates, 1, "x">>);
  CHECK(Operand<double>);
  CHECK(Operand<int>);
  CHECK_FALSE(Operand<something>);
  CHECK_FALSE(Operand<const char*>);
  CHECK_FALSE(Addable<value, something>);
  CHECK(DimwiseDifferentiable<value>);
  CHECK(DimwiseDifferentiable<expression<level::dim, depends::own, 1, "x">>);
  CHECK_FALSE(DimwiseDifferentiable<dense_expression<level::point, because::a_network_mixed_all_coordinates, 1, "x">>);
  CHECK_FALSE(DimwiseDifferentiable<double>);
}

TEST_CASE("the same recording at run time") { CHECK(record(&program).view().node_count == recording<program>::view.node_count); }
