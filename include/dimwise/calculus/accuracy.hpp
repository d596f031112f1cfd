// calculus/accuracy.hpp: the stated errors of elementary functions and of their jets.
#pragma once
#include <string_view>

#include "../ir/jet_program.hpp"

namespace dimwise {

/// Bounds in units of the last place: of the value f(u); of coefficients of order 1..6 of f(u) and of orders 0..6 of f'(u), in
/// units of the larger of the coefficient and the terms that its recurrence sums.
struct error_bound {
  double value, coefficient, slope;
};

struct stated_accuracy {
  std::string_view name;      ///< in the language
  function f;                 ///< the kernel's function (of silu and gelu the factor of a)
  bool times_argument;        ///< a f(a)
  double exponent;            ///< of a power
  error_bound single, twice;  ///< float and double
  std::string_view domain;    ///< and special points
};

/// What docs/reference/accuracy.md states; tests hold every row to it.
inline constexpr stated_accuracy stated_accuracies[] = {
    {"exp", function::exp, false, 0, {1.5, 8, 8}, {1.5, 8, 8}, "any"},
    {"expm1", function::expm1, false, 0, {2, 8, 8}, {2.5, 8, 8}, "any"},
    {"log", function::log, false, 0, {1.5, 16, 16}, {1, 12, 16}, "a > 0; -inf at 0"},
    {"log1p", function::log1p, false, 0, {1, 16, 16}, {1, 16, 16}, "a > -1; -inf at -1"},
    {"sin", function::sin, false, 0, {2, 10, 12}, {2.5, 10, 10}, "any; no number at infinity"},
    {"cos", function::cos, false, 0, {2, 10, 12}, {2, 10, 10}, "any; no number at infinity"},
    {"tan", function::tan, false, 0, {4, 24, 40}, {4, 24, 64}, "any; no number at infinity"},
    {"asin", function::asin, false, 0, {3, 20, 24}, {1.5, 20, 24}, "from -1 to 1, poles of derivatives at the ends"},
    {"acos", function::acos, false, 0, {1.5, 20, 24}, {1.5, 20, 20}, "from -1 to 1, poles of derivatives at the ends"},
    {"atan", function::atan, false, 0, {2.5, 32, 24}, {2.5, 24, 32}, "any"},
    {"sinh", function::sinh, false, 0, {3, 16, 16}, {2.5, 16, 16}, "any"},
    {"cosh", function::cosh, false, 0, {4, 16, 16}, {2.5, 20, 20}, "any"},
    {"tanh", function::tanh, false, 0, {4, 40, 64}, {4, 64, 80}, "any"},
    {"sqrt", function::sqrt, false, 0, {0.5, 20, 24}, {0.5, 32, 20}, "a >= 0, pole of derivatives at 0"},
    {"cbrt", function::cbrt, false, 0, {1, 32, 48}, {1, 24, 24}, "any, pole of derivatives at 0"},
    {"1 / a", function::reciprocal, false, 0, {0.5, 16, 48}, {0.5, 16, 32}, "a != 0; inf with the sign of a at 0"},
    {"pow(a, 1.3)", function::power, false, 1.3, {2, 48, 40}, {2, 20, 32}, "a >= 0, pole of derivatives at 0 from order 2"},
    {"pow(a, 2.5)", function::power, false, 2.5, {2.5, 16, 40}, {2.5, 20, 20}, "a >= 0, pole of derivatives at 0 from order 3"},
    {"pow(a, -0.7)", function::power, false, -0.7, {2, 32, 32}, {2, 32, 40}, "a > 0; inf at 0"},
    {"pow(a, b)",
     function::exp_given,
     false,
     1.3,
     {2, 10, 8},
     {2, 8, 8},
     "a > 0; the limit at 0, where derivatives are no number"},
    {"erf", function::erf, false, 0, {1.5, 16, 16}, {1.5, 16, 12}, "any"},
    {"erfc", function::erfc, false, 0, {4, 16, 16}, {6, 16, 12}, "any"},
    {"normal_cdf", function::normal_cdf, false, 0, {5, 12, 16}, {6, 12, 12}, "any"},
    {"softplus", function::softplus, false, 0, {2, 16, 24}, {2, 20, 20}, "any"},
    {"sigmoid", function::sigmoid, false, 0, {3, 24, 24}, {4, 24, 24}, "any"},
    {"silu", function::sigmoid, true, 0, {4, 20, 32}, {4, 24, 32}, "any; no number at -infinity"},
    {"gelu", function::normal_cdf, true, 0, {6, 12, 16}, {6, 12, 12}, "any; no number at -infinity"},
    {"relu", function::relu, false, 0, {0, 0, 0}, {0, 0, 0}, "any; the derivative at 0 is 0"},
    {"abs", function::abs, false, 0, {0, 0, 0}, {0, 0, 0}, "any; the derivative at 0 is 1"},
};

}  // namespace dimwise
