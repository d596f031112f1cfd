// tests/support/table_program.cpp: see table_program.hpp.
#include "table_program.hpp"

#include <charconv>
#include <stdexcept>
#include <vector>

#include "replay.hpp"

namespace dimwise::testing {
namespace {

std::string digits(double v) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  std::string s(text, end);
  return s.find_first_of(".e") == std::string::npos ? s + ".0" : s;
}
std::string quoted(std::string_view s) { return "\"" + std::string(s) + "\""; }
std::string number(int n) { return std::to_string(n); }
std::string name_of(int i) { return "v" + number(i); }

std::string start_of(const tensor& w) { return w.init == initial::normal ? "normal{" + digits(w.scale) + "}" : digits(w.scale); }

class writer {
 public:
  writer(const table& recording, const program_options& o) : t(recording), options(o), read(std::size_t(t.node_count), 0) {
    for (int i = 0; i < t.node_count; i++) {
      const node& x = t.nodes[i];
      const bool halves = x.o == op::choose && written_branches(x.b);
      for (const int j : {x.a, halves ? t.nodes[x.b].a : x.b, halves ? t.nodes[x.b].b : -1})
        if (j >= 0) read[std::size_t(j)] = 1;
    }
    for (int i = 0; i < t.output_count; i++) read[std::size_t(t.outputs[i].node)] = 1;
    for (int i = 0; i < t.objective_count; i++) read[std::size_t(t.objectives[i].node)] = 1;
    for (int i = 0; i < t.equation_count; i++) read[std::size_t(t.equations[i].lhs)] = read[std::size_t(t.equations[i].rhs)] = 1;
  }

  std::string write() {
    std::string s = "constexpr void " + options.name + "(model& m) {\n";
    // others need the state first
    if (t.node_count == 0 || t.nodes[0].o != op::state) s += "  (void)m.state<\"x\", " + number(t.d) + ">();\n";
    for (int i = 0; i < t.node_count; i++) {
      const std::string e = expression(t.nodes[i]);
      if (read[std::size_t(i)])
        s += (options.erased ? "  value " : "  auto ") + name_of(i) + " = " + e +
             (i == options.marked ? ";  // refused\n" : ";\n");
    }
    for (int i = 0; i < t.output_count; i++) s += output(t.outputs[i].name.view(), t.outputs[i].node);
    for (int i = 0; i < t.equation_count; i++)
      s += "  m.equation<" + quoted(t.equations[i].name.view()) + ">(" + name_of(t.equations[i].lhs) +
           " == " + name_of(t.equations[i].rhs) + ");\n";
    if (!options.objectives_as_outputs && t.objective_count) s += "  auto points = m.box<\"points\">(-1.0, 1.0);\n";
    for (int i = 0; i < t.objective_count; i++)
      s += options.objectives_as_outputs
               ? output(t.objectives[i].name.view(), t.objectives[i].node)
               : "  m.minimize<" + quoted(t.objectives[i].name.view()) + ">(" + name_of(t.objectives[i].node) + ", points);\n";
    return s + "}\n";
  }

 private:
  const table& t;
  program_options options;
  std::vector<char> read;  ///< nodes that the program names

  static std::string output(std::string_view name, int node) {
    return "  m.output<" + quoted(name) + ">(" + name_of(node) + ");\n";
  }

  /// Whether the halves of a choice are written as two values.
  bool written_branches(int i) const {
    const node& x = t.nodes[i];
    return x.o == op::concat && t.nodes[x.a].k.width == t.nodes[x.b].k.width;
  }
  std::string layer(const char* word, const node& x, const std::string& operands) const {
    return std::string(word) + "<" + quoted(layer_name(t, x)) + ", " + number(x.k.width) + ">(" + operands + ")";
  }

  std::string expression(const node& x) const {
    const std::string a = x.a < 0 ? "" : name_of(x.a), b = x.b < 0 ? "" : name_of(x.b), w = number(x.k.width);
    const auto of_a = [&](const char* f) { return std::string(f) + "(" + a + ")"; };
    switch (x.o) {
      case op::literal: return "number(m, " + digits(x.value) + ")";
      case op::constant:
        return "m.constant<" + quoted(t.constants[x.n].name.view()) + ">(" + digits(t.constants[x.n].value) + ")";
      case op::time: return "m.time<\"t\">()";
      case op::input: return "m.input<" + quoted(t.inputs[x.n].name.view()) + ", " + w + ">()";
      case op::input_per_dim: return "m.input_per_dim<" + quoted(t.inputs[x.n].name.view()) + ", " + w + ">()";
      case op::state: return "m.state<\"x\", " + number(t.d) + ">()";
      case op::index: return "m.index()";
      case op::indicator: return "m.indicator<" + number(x.n) + ">()";
      case op::parameter:
        return std::string(x.k.l == level::dim ? "m.parameter_per_dim<" : "m.parameter<") +
               quoted(t.tensors[x.weight].name.view()) + ", " + w + ">(" + start_of(t.tensors[x.weight]) + ")";
      case op::add: return a + " + " + b;
      case op::sub: return a + " - " + b;
      case op::mul: return a + " * " + b;
      case op::div: return a + " / " + b;
      case op::pow: return "pow(" + a + ", " + b + ")";
      case op::choose: {
        const std::string half = number(t.nodes[x.b].k.width / 2);
        const std::string branches = written_branches(x.b)
                                         ? name_of(t.nodes[x.b].a) + ", " + name_of(t.nodes[x.b].b)
                                         : "slice<0, " + half + ">(" + b + "), slice<" + half + ", " + half + ">(" + b + ")";
        return "where(" + a + (x.n == 1 ? " >= " : " > ") + "0.0, " + branches + ")";
      }
      case op::exp: return of_a("exp");
      case op::log: return of_a("log");
      case op::tanh: return of_a("tanh");
      case op::softplus: return of_a("softplus");
      case op::sigmoid: return of_a("sigmoid");
      case op::erf: return of_a("erf");
      case op::erfc: return of_a("erfc");
      case op::normal_cdf: return of_a("normal_cdf");
      case op::expm1: return of_a("expm1");
      case op::log1p: return of_a("log1p");
      case op::tan: return of_a("tan");
      case op::asin: return of_a("asin");
      case op::acos: return of_a("acos");
      case op::atan: return of_a("atan");
      case op::sinh: return of_a("sinh");
      case op::cosh: return of_a("cosh");
      case op::cbrt: return of_a("cbrt");
      case op::relu: return of_a("relu");
      case op::abs: return of_a("abs");
      case op::sin: return of_a("sin");
      case op::cos: return of_a("cos");
      case op::sqrt: return of_a("sqrt");
      case op::sq: return of_a("sq");
      case op::power: return "pow(" + a + ", " + digits(x.value) + ")";
      case op::exp_relative: return of_a("exp_relative");
      case op::frozen: return of_a("frozen");
      case op::detach: return of_a("detach");
      case op::held:
        if (x.n != (held_along_x | held_along_t))
          throw std::logic_error("what is held along one axis is not a word of the language");
        return of_a("held");
      case op::along: throw std::logic_error("the way along a direction is not a word of the language");
      case op::logsumexp: return of_a("logsumexp");
      case op::sum_features: return of_a("sum_features");
      case op::concat: return "concat(" + a + ", " + b + ")";
      case op::slice: return "slice<" + number(x.n) + ", " + w + ">(" + a + ")";
      case op::unstack: return "unstack<" + w + ">(" + a + ")";
      case op::sum:
        if (x.n == 1) throw std::logic_error("the sum inside a plain network is not a word of the language");
        return of_a("sum");
      case op::component: return a + "[" + number(x.n) + "]";
      case op::sum_others: return of_a(x.n < 0 ? "sum_before" : x.n > 0 ? "sum_after" : "sum_others");
      case op::shift: {
        const bool line = x.offset.width == t.d && x.offset.rows == 0;
        const std::string by = line ? number(x.offset.columns) : number(x.offset.rows) + ", " + number(x.offset.columns);
        const std::string lattice = line ? "" : ", grid{" + number(t.d / x.offset.width) + ", " + number(x.offset.width) + "}";
        return "shift<" + by + ">(" + a + lattice + (x.offset.periodic ? ", periodic)" : ")");
      }
      case op::D: return "D<" + number(x.n) + ">(" + a + ")";
      case op::dt: return "dt<" + number(x.n) + ">(" + a + ")";
      case op::linear: return layer("linear", x, a + (t.tensors[x.weight].rank == 3 ? ", own_weights{}" : ""));
      case op::masked_input: return layer(x.n == 1 ? "masked_right" : "masked_left", x, x.b < 0 ? a : a + ", " + b);
      case op::masked_hidden: return layer("masked_hidden", x, a);
      case op::readout: return layer("readout", x, x.b < 0 ? a : a + ", " + b);
    }
    throw std::logic_error("an operation that no program can say: write it in tests/support/table_program.cpp");
  }
};

}  // namespace

std::string program_prelude() {
  return "#include <dimwise/language/recording.hpp>\n#include <dimwise/language.hpp>\n\nnamespace {\nusing namespace dimwise;\n\n"
         "[[maybe_unused]] constexpr auto number(model& m, double v) { return detail::make<kind{}, \"\">(m.literal(v)); }\n"
         "[[maybe_unused]] constexpr auto exp_relative(Term auto a) { return detail::record_pointwise<op::exp_relative>(a); "
         "}\n\n";
}

std::string to_program(const table& recording, const program_options& options) { return writer(recording, options).write(); }

}  // namespace dimwise::testing
