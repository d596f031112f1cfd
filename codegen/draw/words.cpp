// codegen/draw/words.cpp: see words.hpp.
#include "codegen/draw/words.hpp"

#include <cstdio>
#include <map>

#include "codegen/print/from_table.hpp"

namespace dimwise::draw {

const char* word(op o) {
  switch (o) {
    case op::literal: return "number";
    case op::constant: return "constant";
    case op::time: return "time";
    case op::input: return "input";
    case op::input_per_dim: return "input per dimension";
    case op::along: return "along a direction";
    case op::state: return "state";
    case op::index: return "index";
    case op::indicator: return "indicator";
    case op::parameter: return "parameter";
    case op::add: return "+";
    case op::sub: return "\u2212";
    case op::mul: return "\u00d7";
    case op::div: return "\u00f7";
    case op::pow: return "power";
    case op::choose: return "where";
    case op::sq: return "sq";
    case op::power: return "power";
    case op::exp_relative: return "exp, relative";
    case op::sum_features: return "sum of features";
    case op::concat: return "concat";
    case op::slice: return "slice";
    case op::linear: return "linear";
    case op::unstack: return "unstack";
    case op::masked_input: return "masked input";
    case op::masked_hidden: return "masked hidden";
    case op::readout: return "readout";
    case op::sum: return "sum over dimensions";
    case op::component: return "component";
    case op::sum_others: return "sum of others";
    case op::shift: return "shift";
    case op::D: return "D";
    case op::dt: return "dt";
    default: return print::function_name(o);
  }
}

const char* word(jet_op o) {
  switch (o) {
    case jet_op::load_state: return "load state";
    case jet_op::load_time: return "load time";
    case jet_op::load_input: return "load input";
    case jet_op::load_input_per_dim: return "load input per dimension";
    case jet_op::literal: return "number";
    case jet_op::constant: return "constant";
    case jet_op::parameter: return "parameter";
    case jet_op::load_cotangent: return "load cotangent";
    case jet_op::along: return "along a direction";
    case jet_op::index: return "index";
    case jet_op::indicator: return "indicator";
    case jet_op::add: return "+";
    case jet_op::sub: return "\u2212";
    case jet_op::mul: return "\u00d7";
    case jet_op::scale: return "scale";
    case jet_op::offset: return "offset";
    case jet_op::unary: return "function";
    case jet_op::correlate: return "correlate";
    case jet_op::unary_vjp: return "cotangent of";
    case jet_op::derivative: return "derivative";
    case jet_op::derivative_vjp: return "cotangent of derivative";
    case jet_op::subtract_maximum: return "\u2212 maximum";
    case jet_op::add_maximum: return "+ maximum";
    case jet_op::alias: return "the same numbers";
    case jet_op::choose: return "where";
    case jet_op::choose_vjp: return "cotangent of where";
    case jet_op::concat: return "concat";
    case jet_op::slice: return "slice";
    case jet_op::slice_vjp: return "cotangent of slice";
    case jet_op::sum_features: return "sum of features";
    case jet_op::repeat_features: return "repeat features";
    case jet_op::linear: return "linear";
    case jet_op::linear_vjp: return "cotangent of linear";
    case jet_op::masked_input: return "masked input";
    case jet_op::masked_input_vjp: return "cotangent of masked input";
    case jet_op::masked_hidden: return "masked hidden";
    case jet_op::masked_hidden_vjp: return "cotangent of masked hidden";
    case jet_op::readout: return "readout";
    case jet_op::readout_vjp: return "cotangent of readout";
    case jet_op::sum_dims: return "sum over dimensions";
    case jet_op::unstack: return "unstack";
    case jet_op::component: return "component";
    case jet_op::sum_others: return "sum of others";
    case jet_op::shift: return "shift";
    case jet_op::unstack_vjp: return "collect dimensions";
    case jet_op::parameter_gradient: return "gradient";
    case jet_op::weight_gradient: return "weight gradient";
    case jet_op::bias_gradient: return "bias gradient";
    case jet_op::store: return "store";
    case jet_op::store_cotangent: return "gradient of an input";
  }
  return "?";
}

const char* word(function f) {
  switch (f) {
    case function::exp: return "exp";
    case function::log: return "log";
    case function::tanh: return "tanh";
    case function::softplus: return "softplus";
    case function::sigmoid: return "sigmoid";
    case function::sin: return "sin";
    case function::cos: return "cos";
    case function::sqrt: return "sqrt";
    case function::reciprocal: return "1/\u00b7";
    case function::power: return "power";
    case function::exp_relative: return "exp, relative";
    case function::erf: return "erf";
    case function::erfc: return "erfc";
    case function::expm1: return "expm1";
    case function::log1p: return "log1p";
    case function::tan: return "tan";
    case function::asin: return "asin";
    case function::acos: return "acos";
    case function::atan: return "atan";
    case function::sinh: return "sinh";
    case function::cosh: return "cosh";
    case function::cbrt: return "cbrt";
    case function::normal_cdf: return "normal_cdf";
    case function::relu: return "relu";
    case function::abs: return "abs";
    case function::exp_given: return "exp";
    case function::none: return "";
  }
  return "?";
}

const char* short_dependence(const kind& k) {
  switch (k.d) {
    case depends::nothing: return "";
    case depends::before: return "before";
    case depends::own: return "own";
    case depends::autoregressive: return "own + before";
    case depends::after: return "after";
    case depends::hollow: return "others";
    case depends::own_and_after: return "own + after";
    case depends::everything: return "all";
    case depends::scaled_own: return "own \u00d7 all";
    case depends::single_coordinate: return "own";
  }
  return "?";
}

std::string coefficients(orders s) {
  static const char* power[] = {"", "", "\u00b2", "\u00b3", "\u2074", "\u2075", "\u2076", "\u2077"};
  std::string text;
  int shown = 0;
  for (orders rest = s; rest; rest &= rest - 1) {
    const int c = std::countr_zero(rest), k = x_order(c), m = t_order(c);
    if (++shown > 9) return text + " \u2026";
    text += text.empty() ? "" : " ";
    if (k) text += std::string("x") + power[k];
    if (m) text += std::string("t") + power[m];
    if (!k && !m) text += "1";
  }
  return text;
}

std::string flop_text(double flop) {
  if (flop <= 0) return "";
  char text[40];
  std::snprintf(text, sizeof text,
                flop < 1000  ? "%.0f flop"
                : flop < 1e6 ? "%.3g kflop"
                             : "%.3g Mflop",
                flop < 1000  ? flop
                : flop < 1e6 ? flop / 1e3
                             : flop / 1e6);
  return text;
}

double free_entries(const table& t, int index) {
  if (index < 0) return 0;
  const tensor& w = t.tensors[index];
  const int outer = w.rank == 3 ? w.shape[0] : 1, rows = w.rank == 1 ? 1 : w.shape[w.rank - 2], columns = w.shape[w.rank - 1];
  if (w.masked == mask::none) return double(outer) * rows * columns;
  double n = 0;
  for (int i = 0; i < outer; i++)
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < columns; c++) n += allowed(w, i, r, c);
  return n;
}

double work(const table& t, const node& x, int count) {
  const int times = x.k.l == level::dim ? t.d : 1;
  switch (x.o) {
    case op::literal:
    case op::constant:
    case op::time:
    case op::input:
    case op::input_per_dim:
    case op::state:
    case op::index:
    case op::indicator:
    case op::parameter:
    case op::frozen:
    case op::detach:
    case op::concat:
    case op::slice:
    case op::unstack: return 0;
    case op::linear: return 2 * free_entries(t, x.weight) * count * (t.tensors[x.weight].rank == 2 ? times : 1);
    case op::masked_input:
    case op::masked_hidden:
    case op::readout: return 2 * (free_entries(t, x.weight) + free_entries(t, x.weight2)) * count;
    default: return double(count) * x.k.width * times;
  }
}

double work(const table& t, const jet_program_view& p, int i) {
  const jet_node& x = p.nodes[i];
  const int times = x.per_dim ? t.d : 1;
  switch (x.o) {
    case jet_op::linear:
    case jet_op::linear_vjp: return 2 * free_entries(t, x.weight) * count(x.stored) * (t.tensors[x.weight].rank == 2 ? times : 1);
    case jet_op::masked_input:
    case jet_op::masked_hidden:
    case jet_op::masked_input_vjp:
    case jet_op::masked_hidden_vjp:
    case jet_op::readout:
    case jet_op::readout_vjp: return 2 * (free_entries(t, x.weight) + free_entries(t, x.weight2)) * count(x.stored);
    case jet_op::weight_gradient: {
      const int n = x.inputs ? count(available(p.nodes, x.in[0])) : 1;
      return 2 * free_entries(t, x.weight) * n * (t.tensors[x.weight].rank == 2 ? times : 1);
    }
    case jet_op::load_state:
    case jet_op::load_time:
    case jet_op::load_input:
    case jet_op::load_input_per_dim:
    case jet_op::literal:
    case jet_op::constant:
    case jet_op::parameter:
    case jet_op::load_cotangent:
    case jet_op::alias:
    case jet_op::store:
    case jet_op::index:
    case jet_op::indicator: return 0;
    default: return double(count(x.stored)) * x.width * times;
  }
}

std::vector<std::string> network_parts(const table& t) {
  const std::size_t n = std::size_t(t.node_count);
  std::vector<std::string> part(n);
  std::map<std::string, std::vector<char>> below, above;  // has a layer of the network among its operands; is needed by one
  for (int i = 0; i < t.node_count; i++)
    if (t.nodes[i].weight >= 0) below.try_emplace(print::network_of(t.tensors[t.nodes[i].weight]), n, 0);
  for (auto& [name, has] : below) {
    std::vector<char>& needed = above.try_emplace(name, n, 0).first->second;
    std::vector<char> own(n, 0);
    for (int i = 0; i < t.node_count; i++) {
      const node& x = t.nodes[i];
      own[std::size_t(i)] = x.weight >= 0 && print::network_of(t.tensors[x.weight]) == name;
      has[std::size_t(i)] = own[std::size_t(i)];
      for (int c : {x.a, x.b})
        if (c >= 0 && has[std::size_t(c)]) has[std::size_t(i)] = 1;
    }
    for (int m = 0; m < t.mixture_count; m++)
      if (name == t.mixtures[m].name.view()) needed[std::size_t(t.mixtures[m].log_density)] = 1;
    for (int i = t.node_count - 1; i >= 0; i--) {
      if (own[std::size_t(i)]) needed[std::size_t(i)] = 1;
      if (!needed[std::size_t(i)]) continue;
      for (int c : {t.nodes[i].a, t.nodes[i].b})
        if (c >= 0) needed[std::size_t(c)] = 1;
    }
    int members = 0;
    for (std::size_t i = 0; i < n; i++) members += has[i] && needed[i];
    for (std::size_t i = 0; i < n; i++)
      if (members > 1 && has[i] && needed[i] && part[i].empty()) part[i] = name;
  }
  return part;
}

}  // namespace dimwise::draw
