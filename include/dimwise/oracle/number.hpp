// oracle/number.hpp: the arithmetic of the oracle: 100 decimal digits, and 50 where many re-evaluations are asked for.
#pragma once
#include <boost/multiprecision/cpp_bin_float.hpp>

namespace dimwise {

/// 100 digits, exponents of 31 bits: central differences of total order q leave about 200 / (q + 2) correct digits.
using wide_number = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<100>, boost::multiprecision::et_off>;

/// 50 digits: about half as many are left, at half to a third of the cost.
using fifty_digits = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

}  // namespace dimwise
