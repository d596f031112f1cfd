// tests/unit/oracle/elementary.cpp: the oracle's elementary functions against the library's at more digits, and its difference
// stencils.
#include "src/oracle/elementary.hpp"

#include "catch.hpp"
#include "dimwise/oracle/number.hpp"
#include "src/oracle/lattice.hpp"

using namespace dimwise;
namespace mp = boost::multiprecision;
using reference_number = mp::number<mp::cpp_bin_float<180>, mp::et_off>;

namespace {

/// Error in units of the last digit.
template <class Number>
double units(const Number& got, const reference_number& expected) {
  if (expected == 0) return got == 0 ? 0 : 1e9;
  return double(reference_number(mp::abs(reference_number(got) / expected - 1)) /
                reference_number(std::numeric_limits<Number>::epsilon()));
}

template <class Number>
void check_precision() {
  const detail::elementary<Number> f;
  for (double at :
       {-700.3, -52.1, -3.7, -0.9, -0.3, -1e-3, -1e-12, -1e-40, 1e-40, 1e-9, 0.02, 0.4, 1.0, 2.7, 11.0, 88.9, 4000.5}) {
    const Number x = Number(at) / 7;
    const reference_number X(x), e = mp::exp(X);
    INFO(at);
    CHECK(units(f.exp(x), e) < 200);  // grows with x
    CHECK(units(f.expm1(x), mp::expm1(X)) < 200);
    CHECK(units(f.tanh(x), mp::tanh(X)) < 10);
    CHECK(units(f.sigmoid(x), 1 / (1 + mp::exp(-X))) < 200);
    CHECK(units(f.softplus(x), at < 0 ? mp::log1p(e) : X + mp::log1p(1 / e)) < 200);
    CHECK(units(f.sinh(x), mp::sinh(X)) < 200);
    CHECK(units(f.cosh(x), mp::cosh(X)) < 200);
    CHECK(units(Number(mp::pow(f.cbrt(x), 3)), X) < 30);
    if (at > -7) CHECK(units(f.log1p(x), mp::log1p(X)) < 10);
    if (at > 0) {
      CHECK(units(f.log(x), mp::log(X)) < 10);
      CHECK(units(f.power(x, 2.5), mp::pow(X, reference_number(2.5))) < 300);
    }
    CHECK(units(f.power(x, -3), 1 / (X * X * X)) < 10);
  }
  CHECK(isnan(f.log(Number(-1))));
}

}  // namespace

TEST_CASE("elementary functions at 50 digits") { check_precision<fifty_digits>(); }
TEST_CASE("elementary functions at 100 digits") { check_precision<wide_number>(); }

TEST_CASE("central differences differentiate monomials exactly up to their order") {
  for (int n = 0; n <= 7; n++) {
    for (int p = 0; p <= n + 1; p++) {
      double sum = 0, factorial = 1;
      for (const auto& [steps, weight] : detail::stencil(n).taps) {
        double power = 1;
        for (int i = 0; i < p; i++) power *= steps;
        sum += weight * power;
      }
      for (int i = 2; i <= n; i++) factorial *= i;
      CHECK(sum == (p == n ? factorial : 0));
    }
  }
}
