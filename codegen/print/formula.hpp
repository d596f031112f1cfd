// codegen/print/formula.hpp: a formula as a tree, and its three spellings: the language of dimwise, LaTeX, MathML.
#pragma once
#include <string>
#include <vector>

namespace dimwise::print {

/// What a formula is made of.
enum class part {
  number,      ///< value
  symbol,      ///< text; indexed: carries the index i of a dimension
  call,        ///< text(arguments); indexed likewise
  add,         ///< terms; a term that is `negative` is subtracted
  negative,    ///< of one term
  multiply,    ///< factors
  divide,      ///< two terms
  power,       ///< of one term, exponent `value`
  sum,         ///< over dimensions, of one term
  component,   ///< number n of one term
  shifted,     ///< the first term at an offset, `text`; the others are options
  derivative,  ///< order n of one term, by its own coordinate
  in_time      ///< order n of one term, by time
};

struct formula {
  part what = part::number;
  std::string text;
  bool indexed = false;
  double value = 0;
  int n = 0;
  std::vector<formula> terms;
};

/// As one would write it in a model file: "-sum(D<1>(drift(x, t) * p))".
std::string as_text(const formula& f);
/// For a LaTeX formula: "-\sum_i \frac{\partial}{\partial x_i} \left( ... \right)". `state` and `time` name the variables.
std::string as_latex(const formula& f, const std::string& state, const std::string& time);
/// The inside of a <math> element.
std::string as_mathml(const formula& f, const std::string& state, const std::string& time);

/// Shortest decimal digits that give the same double.
std::string digits(double value);

}  // namespace dimwise::print
