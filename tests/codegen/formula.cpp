// tests/codegen/formula.cpp: the three spellings of formulas, and the formulas of tables.
#include "codegen/print/formula.hpp"

#include "catch.hpp"
#include "codegen/print/from_table.hpp"
#include "codegen/pull_model.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"

using namespace dimwise;
using namespace dimwise::print;

namespace {

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});
constexpr auto noise = hollow_net<"noise">(masked_mlp{4}, features{2}, mlp{4});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});

constexpr void fokker_planck(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto g = softplus(noise(x, t));
  auto p = exp(density(x, t));
  m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
}

constexpr void shared(model& m) {
  auto x = m.state<"x", 2>();
  auto long_one = tanh(x * 2 + 1) * exp(x - 3) / (1 + sq(x));
  m.output<"twice">(long_one + sin(long_one));
}

constexpr void tower(model& m) {
  auto x = m.state<"x", 2>();
  value y = x;
  for (int i = 0; i < 200; i++) y = y * y + x;
  m.output<"y">(y);
}

constexpr void brackets(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  m.output<"a">(x - (t - 1));
  m.output<"b">(x * (t + 1) * -2);
  m.output<"c">(x / (t * x));
  m.output<"d">(pow(x * t, 3));
  m.output<"e">(-(x + t));
}

constexpr void nested(model& m) {
  auto x = m.state<"x", 1>();
  constexpr auto net = network<"net">(mlp{3});
  m.output<"y">(net(net(x)));
}

constexpr void structure(model& m) {
  auto x = m.state<"x", 2>();
  m.output<"a">(components(x[1], (1.0 - sq(x[0])) * x[1] - tanh(x)[0]));
  m.output<"c">(shift<1>(x) + shift<-1>(tanh(x), periodic) + shift<1, -1>(x, grid{2, 1}));
  m.output<"b">(sum_others(x) * m.index() + sum_before(tanh(x)) * m.indicator<1>());
}

template <auto Build>
std::vector<std::string> texts() {
  const table& t = recording<Build>::view;
  std::vector<int> roots;
  for (int i = 0; i < t.output_count; i++) roots.push_back(t.outputs[i].node);
  std::vector<std::string> all;
  const formulas f = from_table(t, roots);
  for (const formula& root : f.roots) all.push_back(as_text(root));
  for (const auto& [name, definition] : f.definitions) all.push_back(name + " = " + as_text(definition));
  return all;
}

}  // namespace

TEST_CASE("the Fokker-Planck equation is printed as it was written, in LaTeX and in MathML") {
  const table& t = recording<fokker_planck>::view;
  const formulas f = from_table(t, {t.equations[0].lhs, t.equations[0].rhs});
  CHECK(f.definitions.empty());
  CHECK(as_text(f.roots[0]) == "dt(exp(density(x, t)))");
  CHECK(as_text(f.roots[1]) ==
        "-sum(D<1>(drift(x, t) * exp(density(x, t)))) + 0.5 * sum(D<2>(sq(softplus(noise(x, t))) * exp(density(x, t))))");
  CHECK(as_latex(f.roots[0], "x", "t") ==
        "\\frac{\\partial}{\\partial t} \\exp\\left(\\mathrm{density}\\left(x, t\\right)\\right)");
  CHECK(as_latex(f.roots[1], "x", "t") ==
        "-\\sum_i \\frac{\\partial}{\\partial x_i} \\left(\\mathrm{drift}_i\\left(x, t\\right) \\, "
        "\\exp\\left(\\mathrm{density}\\left(x, t\\right)\\right)\\right) + "
        "0.5 \\, \\sum_i \\frac{\\partial^{2}}{\\partial x_i^{2}} \\left(\\mathrm{softplus}_i\\left(\\mathrm{noise}_i\\left(x, "
        "t\\right)\\right)^{2} \\, "
        "\\exp\\left(\\mathrm{density}\\left(x, t\\right)\\right)\\right)");
  const std::string mathml = as_mathml(f.roots[1], "x", "t");
  CHECK(mathml.find("<munder><mo>&#x2211;</mo><mi>i</mi></munder>") != std::string::npos);
  CHECK(mathml.find("<mi>drift</mi>") != std::string::npos);
}

TEST_CASE("a long value that is used twice gets a name") {
  const auto all = texts<shared>();
  REQUIRE(all.size() == 2);
  CHECK(all[0] == "v1 + sin(v1)");
  CHECK(all[1] == "v1 = tanh(x * 2 + 1) * exp(x - 3) / (1 + sq(x))");
}

TEST_CASE("the length of all formulas grows with the table, not with its paths") {
  std::size_t length = 0;
  for (const std::string& text : texts<tower>()) length += text.size();
  CHECK(length < 10000);
}

TEST_CASE("brackets stand where they are needed") {
  const auto all = texts<brackets>();
  CHECK(all[0] == "x - (t - 1)");
  CHECK(all[1] == "x * (t + 1) * (-2)");
  CHECK(all[2] == "x / (t * x)");
  CHECK(all[3] == "pow(x * t, 3)");
  CHECK(all[4] == "-(x + t)");
}

TEST_CASE("components and sums over other dimensions are printed as they were written") {
  const auto all = texts<structure>();
  CHECK(all[0] == "components(x[1], (1 - sq(x[0])) * x[1] - tanh(x)[0])");
  CHECK(all[1] == "shift<1>(x) + shift<-1>(tanh(x), periodic) + shift<1, -1>(x, grid{2, 1})");
  CHECK(all[2] == "sum_others(x) * i + sum_before(tanh(x)) * [i == 1]");
  const table& t = recording<structure>::view;
  const formulas f = from_table(t, {t.outputs[0].node, t.outputs[1].node});
  CHECK(as_latex(f.roots[1], "x", "t") == "x_{i+1} + \\left(\\tanh_i\\left(x_i\\right)\\right)_{i-1} + x_{i + (1, -1)}");
  CHECK(as_latex(f.roots[0], "x", "t") ==
        "\\mathrm{components}_i\\left(x_{1}, \\left(1 - x_{0}^{2}\\right) \\, x_{1} - "
        "\\left(\\tanh\\left(x_i\\right)\\right)_{0}\\right)");
  CHECK(as_mathml(f.roots[0], "x", "t").find("<msub><mi>x</mi><mn>1</mn></msub>") != std::string::npos);
}

TEST_CASE("a network inside itself is an argument, not one application") { CHECK(texts<nested>()[0] == "net(net(x))"); }

TEST_CASE("numbers are written with the digits that give them back") {
  CHECK(digits(0.1) == "0.1");
  CHECK(digits(-2) == "-2");
  CHECK(digits(1e-300) == "1e-300");
}
