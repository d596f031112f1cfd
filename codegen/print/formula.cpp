// codegen/print/formula.cpp: see formula.hpp.
#include "codegen/print/formula.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace dimwise::print {
namespace {

// How tightly a formula binds: sums 1, signs and products 2, powers 3, everything with its own brackets 4.
int strength(const formula& f) {
  switch (f.what) {
    case part::number: return f.value < 0 ? 1 : 4;
    case part::add: return 1;
    case part::negative: return 1;
    case part::multiply:
    case part::divide: return 2;
    case part::power: return 3;
    default: return 4;
  }
}

const std::set<std::string> greek = {"alpha", "beta",  "gamma",  "delta", "epsilon", "zeta", "eta",
                                     "theta", "kappa", "lambda", "mu",    "nu",      "xi",   "pi",
                                     "rho",   "sigma", "tau",    "phi",   "chi",     "psi",  "omega"};

// A name, or a function of names: short enough for the upper half of a fraction.
bool simple(const formula& f) {
  return f.what == part::symbol || (f.what == part::call && std::all_of(f.terms.begin(), f.terms.end(),
                                                                        [](const formula& g) { return g.what == part::symbol; }));
}

// The common skeleton: a spelling says how each part looks, the walk is the same for all.
struct spelling {
  virtual ~spelling() = default;
  virtual std::string number(double v) const = 0;
  virtual std::string symbol(const std::string& name, bool indexed) const = 0;
  virtual std::string call(const std::string& name, bool indexed, const std::vector<std::string>& arguments) const = 0;
  virtual std::string brackets(const std::string& inside) const = 0;
  virtual std::string join(const std::vector<std::string>& parts, const std::vector<std::string>& between) const = 0;
  virtual std::string plus() const { return " + "; }
  virtual std::string minus() const { return " - "; }
  virtual std::string sign() const { return "-"; }
  virtual std::string times() const = 0;
  virtual std::string divide(const std::string& a, const std::string& b) const = 0;
  virtual bool divide_brackets() const { return false; }
  virtual std::string power(const std::string& a, double exponent) const = 0;
  virtual int power_base() const { return 4; }
  virtual std::string sum(const std::string& inside) const = 0;
  // `named`: of a symbol, which needs no brackets.
  virtual std::string component(const std::string& inside, int j, bool named) const = 0;
  virtual std::string shifted(const std::vector<std::string>& arguments, const std::string& by, bool named) const = 0;
  virtual std::string derivative(const std::string& inside, int n) const = 0;
  virtual std::string in_time(const std::string& inside, int n) const = 0;
  // Whether derivatives and sums are signs in front of their term, which a power would be read to belong to, and derivatives of
  // simple terms are fractions.
  virtual bool with_signs() const { return false; }
  virtual std::string quotient(const std::string&, int, bool) const { return {}; }
  // Whether a sum or derivative needs brackets around a term of this strength.
  virtual bool operator_brackets(int) const { return false; }

  std::string spell(const formula& f) const {
    auto within = [&](const formula& g, int least) {
      const std::string s = spell(g);
      return strength(g) < least ? brackets(s) : s;
    };
    auto operand = [&](const formula& g) {
      const std::string s = spell(g);
      return operator_brackets(strength(g)) ? brackets(s) : s;
    };
    switch (f.what) {
      case part::number: return number(f.value);
      case part::symbol: return symbol(f.text, f.indexed);
      case part::call: {
        std::vector<std::string> arguments;
        for (const formula& g : f.terms) arguments.push_back(spell(g));
        return call(f.text, f.indexed, arguments);
      }
      case part::add: {
        std::vector<std::string> parts, between;
        for (std::size_t i = 0; i < f.terms.size(); i++) {
          const formula& g = f.terms[i];
          const bool negative = g.what == part::negative;
          between.push_back(i == 0 ? (negative ? sign() : "") : negative ? minus() : plus());
          parts.push_back(negative ? within(g.terms[0], 2) : within(g, i == 0 ? 1 : 2));
        }
        return join(parts, between);
      }
      case part::negative: return join({within(f.terms[0], 2)}, {sign()});
      case part::multiply: {
        std::vector<std::string> parts, between;
        for (const formula& g : f.terms) {
          between.push_back(parts.empty() ? "" : times());
          // A quotient after the first factor would read as if all factors were divided.
          parts.push_back(within(g, parts.empty() && g.what != part::divide        ? 2
                                    : g.what == part::divide && !divide_brackets() ? 2
                                                                                   : 3));
        }
        return join(parts, between);
      }
      case part::divide:
        return divide_brackets() ? divide(within(f.terms[0], 2), within(f.terms[1], 3))
                                 : divide(spell(f.terms[0]), spell(f.terms[1]));
      case part::power: {
        const part base = f.terms[0].what;
        const bool sign = with_signs() && (base == part::derivative || base == part::in_time || base == part::sum);
        return power(sign ? brackets(spell(f.terms[0])) : within(f.terms[0], power_base()), f.value);
      }
      case part::sum: return sum(operand(f.terms[0]));
      case part::component: {
        formula g = f.terms[0];
        const bool named = g.what == part::symbol;
        g.indexed = false;
        return component(named ? spell(g) : within(g, 4), f.n, named);
      }
      case part::shifted: {
        formula g = f.terms[0];
        const bool named = g.what == part::symbol;
        if (named) g.indexed = false;
        std::vector<std::string> arguments;
        for (std::size_t i = 0; i < f.terms.size(); i++) arguments.push_back(spell(i ? f.terms[i] : g));
        return shifted(arguments, f.text, named);
      }
      case part::derivative:
      case part::in_time: {
        const bool time = f.what == part::in_time;
        if (with_signs() && simple(f.terms[0])) return quotient(spell(f.terms[0]), f.n, time);
        return time ? in_time(operand(f.terms[0]), f.n) : derivative(operand(f.terms[0]), f.n);
      }
    }
    return {};
  }
};

std::string list_of(const std::vector<std::string>& items, const std::string& between) {
  std::string all;
  for (const std::string& item : items) all += (all.empty() ? "" : between) + item;
  return all;
}

std::string chain(const std::vector<std::string>& parts, const std::vector<std::string>& between) {
  std::string all;
  for (std::size_t i = 0; i < parts.size(); i++) all += between[i] + parts[i];
  return all;
}

struct text_spelling final : spelling {
  std::string number(double v) const override { return digits(v); }
  std::string symbol(const std::string& name, bool) const override { return name; }
  std::string call(const std::string& name, bool, const std::vector<std::string>& a) const override {
    return name + "(" + list_of(a, ", ") + ")";
  }
  std::string brackets(const std::string& s) const override { return "(" + s + ")"; }
  std::string join(const std::vector<std::string>& p, const std::vector<std::string>& b) const override { return chain(p, b); }
  std::string times() const override { return " * "; }
  bool divide_brackets() const override { return true; }
  std::string divide(const std::string& a, const std::string& b) const override { return a + " / " + b; }
  std::string power(const std::string& a, double e) const override {
    return e == 2 ? "sq(" + a + ")" : "pow(" + a + ", " + digits(e) + ")";
  }
  int power_base() const override { return 0; }
  std::string sum(const std::string& s) const override { return "sum(" + s + ")"; }
  std::string component(const std::string& s, int j, bool) const override { return s + "[" + std::to_string(j) + "]"; }
  std::string shifted(const std::vector<std::string>& a, const std::string& by, bool) const override {
    return "shift<" + by + ">(" + list_of(a, ", ") + ")";
  }
  std::string derivative(const std::string& s, int n) const override { return "D<" + std::to_string(n) + ">(" + s + ")"; }
  std::string in_time(const std::string& s, int n) const override {
    return (n == 1 ? "dt(" : "dt<" + std::to_string(n) + ">(") + s + ")";
  }
};

struct latex_spelling final : spelling {
  std::string state, time;
  std::string number(double v) const override {
    const std::string d = digits(v);
    const std::size_t e = d.find('e');
    return e == std::string::npos ? d : d.substr(0, e) + " \\cdot 10^{" + std::to_string(std::stoi(d.substr(e + 1))) + "}";
  }
  static std::string name(const std::string& s) {
    if (greek.count(s)) return "\\" + s;
    if (s.size() == 1) return s;
    std::string escaped;
    for (char c : s) escaped += c == '_' ? "\\_" : std::string(1, c);
    static const std::set<std::string> known = {"exp", "log", "tanh", "sin", "cos"};
    return known.count(s) ? "\\" + s : "\\mathrm{" + escaped + "}";
  }
  std::string symbol(const std::string& s, bool indexed) const override { return name(s) + (indexed ? "_i" : ""); }
  std::string call(const std::string& s, bool indexed, const std::vector<std::string>& a) const override {
    if (s == "sqrt") return "\\sqrt{" + a[0] + "}";
    return name(s) + (indexed ? "_i" : "") + brackets(list_of(a, ", "));
  }
  std::string brackets(const std::string& s) const override { return "\\left(" + s + "\\right)"; }
  std::string join(const std::vector<std::string>& p, const std::vector<std::string>& b) const override { return chain(p, b); }
  std::string times() const override { return " \\, "; }
  std::string divide(const std::string& a, const std::string& b) const override { return "\\frac{" + a + "}{" + b + "}"; }
  std::string power(const std::string& a, double e) const override { return a + "^{" + number(e) + "}"; }
  std::string sum(const std::string& s) const override { return "\\sum_i " + s; }
  std::string component(const std::string& s, int j, bool named) const override {
    return (named ? s : brackets(s)) + "_{" + std::to_string(j) + "}";
  }
  static std::string place(const std::string& by) {
    return by.find(',') != std::string::npos ? "i + (" + by + ")" : by[0] == '-' ? "i" + by : "i+" + by;
  }
  std::string shifted(const std::vector<std::string>& a, const std::string& by, bool named) const override {
    return (named ? a[0] : brackets(a[0])) + "_{" + place(by) + "}";
  }
  static std::string by(const std::string& variable, int n) {
    if (n == 1) return "\\frac{\\partial}{\\partial " + variable + "} ";
    const std::string order = "^{" + std::to_string(n) + "}";
    return "\\frac{\\partial" + order + "}{\\partial " + variable + order + "} ";
  }
  bool with_signs() const override { return true; }
  std::string quotient(const std::string& s, int n, bool in_time) const override {
    const std::string order = n == 1 ? "" : "^{" + std::to_string(n) + "}";
    return "\\frac{\\partial" + order + " " + s + "}{\\partial " + (in_time ? name(time) : name(state) + "_i") + order + "}";
  }
  std::string derivative(const std::string& s, int n) const override { return by(name(state) + "_i", n) + s; }
  std::string in_time(const std::string& s, int n) const override { return by(name(time), n) + s; }
  bool operator_brackets(int strength) const override { return strength < 3; }
};

struct mathml_spelling final : spelling {
  std::string state, time;
  static std::string row(const std::string& s) { return "<mrow>" + s + "</mrow>"; }
  static std::string sign_element(const std::string& s) { return "<mo>" + s + "</mo>"; }
  std::string number(double v) const override {
    return v < 0 ? row(sign_element("&#x2212;") + number(-v)) : "<mn>" + digits(v) + "</mn>";
  }
  static std::string name(const std::string& s) {
    if (greek.count(s)) return "<mi>&" + s + ";</mi>";
    std::string escaped;
    for (char c : s) escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    return "<mi>" + escaped + "</mi>";
  }
  std::string symbol(const std::string& s, bool indexed) const override {
    return indexed ? "<msub>" + name(s) + "<mi>i</mi></msub>" : name(s);
  }
  std::string call(const std::string& s, bool indexed, const std::vector<std::string>& a) const override {
    if (s == "sqrt") return "<msqrt>" + a[0] + "</msqrt>";
    return row(symbol(s, indexed) + brackets(list_of(a, sign_element(","))));
  }
  std::string brackets(const std::string& s) const override { return row(sign_element("(") + s + sign_element(")")); }
  std::string join(const std::vector<std::string>& p, const std::vector<std::string>& b) const override {
    return row(chain(p, b));
  }
  std::string plus() const override { return sign_element("+"); }
  std::string minus() const override { return sign_element("&#x2212;"); }
  std::string sign() const override { return sign_element("&#x2212;"); }
  std::string times() const override { return "<mspace width='0.17em'/>"; }
  std::string divide(const std::string& a, const std::string& b) const override {
    return "<mfrac>" + row(a) + row(b) + "</mfrac>";
  }
  std::string power(const std::string& a, double e) const override { return "<msup>" + row(a) + number(e) + "</msup>"; }
  std::string sum(const std::string& s) const override { return row("<munder><mo>&#x2211;</mo><mi>i</mi></munder>" + s); }
  std::string component(const std::string& s, int j, bool named) const override {
    return "<msub>" + (named ? s : brackets(s)) + "<mn>" + std::to_string(j) + "</mn></msub>";
  }
  std::string shifted(const std::vector<std::string>& a, const std::string& by, bool named) const override {
    return "<msub>" + (named ? a[0] : brackets(a[0])) + row("<mi>" + latex_spelling::place(by) + "</mi>") + "</msub>";
  }
  static std::string by(const std::string& variable, int n) {
    const std::string d = "<mi>&#x2202;</mi>", order = "<mn>" + std::to_string(n) + "</mn>";
    if (n == 1) return "<mfrac>" + d + row(d + variable) + "</mfrac>";
    return "<mfrac><msup>" + d + order + "</msup>" + row(d + "<msup>" + row(variable) + order + "</msup>") + "</mfrac>";
  }
  bool with_signs() const override { return true; }
  std::string quotient(const std::string& s, int n, bool in_time) const override {
    const std::string d = "<mi>&#x2202;</mi>", order = "<mn>" + std::to_string(n) + "</mn>",
                      variable = in_time ? name(time) : symbol(state, true);
    if (n == 1) return "<mfrac>" + row(d + s) + row(d + variable) + "</mfrac>";
    return "<mfrac>" + row("<msup>" + d + order + "</msup>" + s) + row(d + "<msup>" + row(variable) + order + "</msup>") +
           "</mfrac>";
  }
  std::string derivative(const std::string& s, int n) const override { return row(by(symbol(state, true), n) + s); }
  std::string in_time(const std::string& s, int n) const override { return row(by(name(time), n) + s); }
  bool operator_brackets(int strength) const override { return strength < 3; }
};

}  // namespace

std::string digits(double value) {
  if (std::isnan(value)) return "nan";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string as_text(const formula& f) { return text_spelling().spell(f); }

std::string as_latex(const formula& f, const std::string& state, const std::string& time) {
  latex_spelling s;
  s.state = state.empty() ? "x" : state;
  s.time = time.empty() ? "t" : time;
  return s.spell(f);
}

std::string as_mathml(const formula& f, const std::string& state, const std::string& time) {
  mathml_spelling s;
  s.state = state.empty() ? "x" : state;
  s.time = time.empty() ? "t" : time;
  return s.spell(f);
}

}  // namespace dimwise::print
