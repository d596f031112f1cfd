// tests/unit/solvers/runge_kutta.cpp: every table satisfies the conditions for the order that it names, and no higher ones.
#include <cmath>

#include "catch.hpp"
#include "dimwise/solvers/runge_kutta.hpp"

using namespace dimwise;

TEST_CASE("order conditions over all rooted trees") {
  for (const scheme s : all_schemes) {
    const runge_kutta_table& t = coefficients(s);
    INFO(t.name);
    CHECK(order_defect(t, t.order) < 1e-13);
    CHECK(order_defect(t, t.order + 1) > 1e-6);
    if (t.error_order > 0) {
      CHECK(order_defect(t, t.error_order, 1, true) < 1e-13);
      CHECK(order_defect(t, t.error_order + 1, 1, true) > 1e-6);
    }
    for (const double theta : {0.1, 0.37, 0.5, 0.9}) CHECK(order_defect(t, t.dense_order, theta) < 1e-12);
    CHECK(order_defect(t, t.dense_order + 1, 0.37) > 1e-6);
  }
}

TEST_CASE("dense output meets the end of the step, and the last stage the next first one") {
  for (const scheme s : all_schemes) {
    const runge_kutta_table& t = coefficients(s);
    INFO(t.name);
    for (int i = 0; i < t.stages; i++) {
      double end = 0;
      for (int k = 0; k < t.powers; k++) end += t.dense[i][k];
      CHECK(std::abs(end - t.b[i]) < 1e-11);
      CHECK((t.c[i] >= 0 && t.c[i] < 1 + 1e-12));
      if (t.first_is_last) CHECK(t.a[t.stages - 1][i] == t.b[i]);
    }
    CHECK(stages_of_a_step(t) == t.stages - t.first_is_last);
  }
}
