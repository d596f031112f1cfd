// tests/unit/kernel/elementary_jets.cpp: jets of elementary functions against closed forms, and the page that states their
// errors.
#include "dimwise/kernel/elementary_jets.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "catch.hpp"
#include "support/accuracy_page.hpp"

using namespace dimwise;
using namespace dimwise::testing;

TEST_CASE("stated errors hold for jets of every elementary function", "[accuracy]") {
  const auto rows = measure_all(8000, 1);
  for (std::size_t i = 0; i < rows.size(); i++) CHECK(broken(stated_accuracies[i], rows[i].first, rows[i].second) == "");
}

TEST_CASE("errors are stated for every elementary function", "[accuracy]") {
  std::set<function> stated{function::exp_relative};  // exp divided by its own value
  for (const stated_accuracy& row : stated_accuracies) stated.insert(row.f);
  CHECK(stated.size() == std::size_t(function_count));
}

TEST_CASE("the page states what the code states", "[accuracy]") {
  std::ifstream file("../docs/reference/accuracy.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  REQUIRE(page.size() > 0);
  CHECK(page.find(stated_table()) != std::string::npos);
}

namespace {
/// The same step with sets known at compile time, as compiled kernels run it.
template <function F>
void same_digits(double value) {
  using V = simd::pack<double>;
  constexpr orders set = 0x0f0f;
  jet<V, static_orders<set>> u{static_orders<set>{}}, y{static_orders<set>{}};
  jet<V, dynamic_orders> v{dynamic_orders(set)}, z{dynamic_orders(set)};
  u.set.each([&](auto k) { u[k] = v[int(k)] = V(k == 0 ? value : 0.3 * std::cos(1.0 + k)); });
  V slope(0.0);
  steps::apply<F, double>(u, y, slope, 1.3);
  steps::apply<F, double>(v, z, slope, 1.3);
  u.set.each([&](auto k) {
    INFO("function " << int(F) << " coefficient " << int(k));
    CHECK(y[k].get(0) == Approx(z[int(k)].get(0)).epsilon(1e-13).margin(1e-13));
  });
}
}  // namespace

TEST_CASE("sets known at compile time give what sets known at run time give", "[accuracy]") {
  same_digits<function::tanh>(0.7);
  same_digits<function::softplus>(-0.4);
  same_digits<function::atan>(1.9);
  same_digits<function::power>(1.2);
  same_digits<function::cbrt>(-0.8);
  same_digits<function::normal_cdf>(0.3);
}
