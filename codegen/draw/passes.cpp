// codegen/draw/passes.cpp: the recorded table, and the orders that are asked of it; see passes.hpp.
#include "codegen/draw/passes.hpp"

#include "codegen/draw/dot.hpp"
#include "codegen/draw/programs.hpp"
#include "codegen/draw/words.hpp"
#include "dimwise/calculus/demand.hpp"
#include "dimwise/report.hpp"

namespace dimwise::draw {
namespace {

std::string shape_of(const tensor& w) {
  std::string s;
  for (int i = 0; i < w.rank; i++) s += (i ? "\u00d7" : "") + std::to_string(w.shape[i]);
  return s;
}
/// "transformer.0" for "drift.transformer.0.weight".
std::string layer_of(const tensor& w) {
  std::string name(w.name.view());
  const std::size_t first = name.find('.');
  if (first == std::string::npos) return name;
  name = name.substr(first + 1);
  const std::size_t last = name.rfind('.');
  return last == std::string::npos ? "" : name.substr(0, last);
}

/// "left.1" for "conditioner.left.1" and for "left.1".
std::string short_layer(const tensor& w) {
  std::string layer = layer_of(w);
  const std::string conditioner = "conditioner.";
  if (layer.compare(0, conditioner.size(), conditioner) == 0) layer = layer.substr(conditioner.size());
  return layer;
}

/// A literal is written into the operations that take it.
bool hidden(const table& t, int i, const std::vector<char>& alone) {
  return t.nodes[i].o == op::literal && !alone[std::size_t(i)];
}
bool takes_number(op o) { return o == op::add || o == op::sub || o == op::mul || o == op::div; }

std::string title_of(const table& t, int i) {
  const node& x = t.nodes[i];
  const std::string name = word(x.o);
  const auto number = [&](int operand) {
    return operand >= 0 && t.nodes[operand].o == op::literal ? short_number(t.nodes[operand].value) : std::string();
  };
  switch (x.o) {
    case op::literal: return short_number(x.value);
    case op::constant: return std::string(t.constants[x.n].name.view());
    case op::input:
    case op::input_per_dim: return "input " + std::string(t.inputs[x.n].name.view());
    case op::state: return "state " + std::string(t.state_name.view());
    case op::time: return "time " + std::string(t.time_name.view());
    case op::parameter: return std::string(t.tensors[x.weight].name.view());
    case op::add:
    case op::sub:
    case op::mul:
    case op::div: {
      const std::string a = number(x.a), b = number(x.b);
      return a.empty() && b.empty() ? name : a.empty() ? name + " " + b : a + " " + name;
    }
    case op::power: return "power " + short_number(x.value);
    case op::linear:
    case op::masked_input:
    case op::masked_hidden:
    case op::readout: {
      if (x.o == op::readout) return name + " [" + shape_of(t.tensors[x.weight]) + "]";
      const std::string layer = short_layer(t.tensors[x.weight]);
      return name + (layer.empty() ? "" : " " + layer) + " [" + shape_of(t.tensors[x.weight]) + "]";
    }
    case op::D:
    case op::dt: return name + "<" + std::to_string(x.n) + ">";
    case op::slice: return "features " + std::to_string(x.n) + ".." + std::to_string(x.n + x.k.width - 1);
    case op::component:
    case op::indicator: return name + " " + std::to_string(x.n);
    case op::sum_others: return x.n < 0 ? "sum of those before" : x.n > 0 ? "sum of those after" : name;
    default: return name;
  }
}

dot_graph graph_of(const table& t, const std::vector<named_root>& roots, const orders* needed, std::string title,
                   std::string text) {
  dot_graph g(std::move(title), std::move(text));
  for (const level l : {level::point, level::dim, level::units}) g.legend(colour_of(l), "#64748b", level_words(l));
  g.legend("#ffffff", "#dc2626", "dense: D is refused");
  if (needed) g.legend("#ffffff", "#cbd5e1", "dashed: nothing asks for it");
  const std::vector<std::string> part = network_parts(t);
  std::vector<char> alone(std::size_t(t.node_count), 0);
  for (int i = 0; i < t.node_count; i++)
    for (int c : {t.nodes[i].a, t.nodes[i].b})
      if (c >= 0 && !takes_number(t.nodes[i].o)) alone[std::size_t(c)] = 1;
  for (const named_root& r : roots) alone[std::size_t(r.node)] = 1;
  std::vector<char> below(std::size_t(t.node_count), 0);
  for (const named_root& r : roots) below[std::size_t(r.node)] = 1;
  for (int i = t.node_count - 1; i >= 0; i--)
    for (int c : {t.nodes[i].a, t.nodes[i].b})
      if (c >= 0 && below[std::size_t(i)]) below[std::size_t(c)] = 1;
  for (int i = 0; i < t.node_count; i++) {
    if (hidden(t, i, alone) || !below[std::size_t(i)]) continue;
    const node& x = t.nodes[i];
    dot_node n;
    n.id = std::to_string(i);
    n.title = title_of(t, i);
    n.fill = colour_of(x.k.l);
    const std::string sees = short_dependence(x.k);
    std::string detail = sees.empty() ? "" : "sees " + sees;
    if (x.k.width > 1) detail += (detail.empty() ? "" : " \u00b7 ") + std::to_string(x.k.width) + " features";
    if (!x.k.dimwise) n.border = "#dc2626", n.thick = true;
    if (needed) {
      n.dashed = !needed[i];
      if (needed[i]) detail = coefficients(needed[i]) + (detail.empty() ? "" : " \u00b7 " + detail);
    }
    n.lines = {detail};
    if (needed) n.lines.push_back(flop_text(work(t, x, count(needed[i]))));
    if (!part[std::size_t(i)].empty()) n.cluster = {part[std::size_t(i)]};
    g.add(n);
    for (int c : {x.a, x.b})
      if (c >= 0 && !hidden(t, c, alone)) g.edge(std::to_string(c), std::to_string(i));
  }
  for (const named_root& r : roots) {
    dot_node n;
    n.id = "root " + r.name;
    n.title = r.name;
    n.fill = "#dcfce7";
    n.border = "#15803d";
    n.flag = true;
    g.add(n);
    g.edge(std::to_string(r.node), n.id);
  }
  return g;
}

}  // namespace

const char* colour_of(level l) { return l == level::point ? "#f1f5f9" : l == level::dim ? "#dbeafe" : "#fef3c7"; }
const char* level_words(level l) {
  return l == level::point ? "one value a sample"
         : l == level::dim ? "one a sample and dimension"
                           : "hidden units of a masked stream";
}

std::vector<picture> pictures_of_passes(const table& t, const std::vector<named_root>& roots) {
  std::vector<int> nodes;
  for (const named_root& r : roots) nodes.push_back(r.node);
  std::vector<orders> possible(std::size_t(t.node_count)), needed(std::size_t(t.node_count));
  infer_orders(t, nodes.data(), int(nodes.size()), possible.data(), needed.data());
  std::vector<picture> all;
  const auto add = [&](const char* file, std::string title, std::string text, const auto& draw) {
    picture p{file, title, text, "", ""};
    p.dot = draw(title, text).text();
    all.push_back(std::move(p));
  };
  add("1-recorded", "1. What was recorded",
      "Equal operations are one box. \u201csees\u201d: the coordinates that component i depends on. Frames are networks.",
      [&](const auto& title, const auto& text) { return graph_of(t, roots, nullptr, title, text); });
  add("2-orders", "2. Which derivatives are asked for",
      "In each box the Taylor coefficients that something below asks for (x: along the own coordinate, t: in time), and the work "
      "for one sample.",
      [&](const auto& title, const auto& text) { return graph_of(t, roots, needed.data(), title, text); });
  for (picture& p : pictures_of_programs(t, roots)) all.push_back(std::move(p));
  return all;
}

}  // namespace dimwise::draw
