// codegen/draw/programs.cpp: see programs.hpp.
#include "codegen/draw/programs.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "codegen/draw/dot.hpp"
#include "codegen/draw/words.hpp"
#include "codegen/print/from_table.hpp"
#include "dimwise/calculus/program.hpp"
#include "dimwise/kernel/plan_kernel.hpp"
#include "dimwise/lowering/schedule.hpp"
#include "dimwise/report.hpp"

namespace dimwise::draw {
namespace {

struct program {
  std::vector<jet_node> nodes;
  std::vector<std::string> part;  ///< network of each node
  std::vector<char> late;         ///< belongs to the reverse pass
  std::vector<char> again;        ///< repeats what an earlier stage has computed
  std::vector<int> earliest;      ///< stage before which a node is not computed
  jet_program_view view() const { return {nodes.data(), int(nodes.size())}; }
};

program build(const table& t, const std::vector<named_root>& roots, bool reverse) {
  std::vector<int> wanted;
  for (const named_root& r : roots) wanted.push_back(r.node);
  const std::vector<std::string> parts = network_parts(t);
  differentiated_by by;
  by.parameters = reverse;
  return build_program(t, wanted.data(), int(wanted.size()), by, [&](const expansion& e) {
    program p;
    p.nodes.assign(e.nodes.begin(), e.nodes.end());
    p.part.resize(p.nodes.size());
    // what a node of the recording became stands behind what the earlier ones became
    int from = 0;
    for (int i = 0; i < t.node_count; i++) {
      const series& s = e.values[i];
      const int to = std::max(s.low, s.high) + 1;
      for (; from < to; from++) p.part[std::size_t(from)] = parts[std::size_t(i)];
    }
    const std::size_t n = p.nodes.size();
    p.late.assign(n, 0), p.again.assign(n, 0), p.earliest.assign(n, 0);
    for (std::size_t i = 0; i < n; i++) p.late[i] = (i > 0 && p.late[i - 1]) || p.nodes[i].o == jet_op::load_cotangent;
    for (std::size_t i = 0; i < n; i++) {
      if (!p.late[i]) continue;
      const jet_node& x = p.nodes[i];
      if (x.weight >= 0) p.part[i] = print::network_of(t.tensors[x.weight]);
      for (int j = 0; j < x.inputs && p.part[i].empty(); j++)
        for (int a : {x.in[j].low, x.in[j].high})
          if (a >= 0 && !p.late[std::size_t(a)] && p.part[i].empty()) p.part[i] = p.part[std::size_t(a)];
    }
    // frames of one box say nothing
    std::map<std::string, int> members;
    for (const std::string& name : p.part) members[name]++;
    for (std::string& name : p.part)
      if (members[name] < 2) name.clear();
    return p;
  });
}

/// What is executed: some values are computed again rather than kept.
program executed(const table& t, const program& p, int block) {
  const repeated_program r = repeat_rather_than_keep(t, p.view(), true, block, most_kept / std::ptrdiff_t(sizeof(float)));
  program q;
  q.nodes = r.nodes, q.again = r.repeats, q.earliest = r.earliest;
  for (int i : r.origin) q.part.push_back(p.part[std::size_t(i)]), q.late.push_back(p.late[std::size_t(i)]);
  return q;
}
schedule scheduled(const program& p) { return make_schedule(p.view(), true, p.earliest.data()); }

std::string title_of(const table& t, const std::vector<named_root>& roots, const jet_node& x) {
  const std::string name = word(x.o);
  switch (x.o) {
    case jet_op::literal: return short_number(x.value);
    case jet_op::constant: return std::string(t.constants[x.n].name.view());
    case jet_op::load_input:
    case jet_op::load_input_per_dim: return "load " + std::string(t.inputs[x.n].name.view());
    case jet_op::load_state: return "load " + std::string(t.state_name.view());
    case jet_op::load_time: return "load " + std::string(t.time_name.view());
    case jet_op::parameter: return std::string(t.tensors[x.weight].name.view());
    case jet_op::scale: return short_number(x.value) + " \u00d7";
    case jet_op::offset: return "+ " + short_number(x.value);
    case jet_op::unary: return word(x.f);
    case jet_op::unary_vjp: return name + " " + word(x.f);
    case jet_op::store: return "store " + (std::size_t(x.n) < roots.size() ? roots[std::size_t(x.n)].name : "");
    case jet_op::load_cotangent: return "cotangent of " + (std::size_t(x.n) < roots.size() ? roots[std::size_t(x.n)].name : "");
    case jet_op::derivative:
    case jet_op::derivative_vjp:
      return name + (x.n ? " by x, order " + std::to_string(x.n) : "") + (x.n2 ? " by t, order " + std::to_string(x.n2) : "");
    case jet_op::parameter_gradient:
    case jet_op::weight_gradient:
    case jet_op::bias_gradient:
      return "gradient of " + std::string(t.tensors[x.o == jet_op::bias_gradient && x.bias >= 0 ? x.bias : x.weight].name.view());
    case jet_op::linear:
    case jet_op::masked_input:
    case jet_op::masked_hidden:
    case jet_op::readout:
    case jet_op::linear_vjp:
    case jet_op::masked_input_vjp:
    case jet_op::masked_hidden_vjp:
    case jet_op::readout_vjp: {
      if (x.weight < 0) return name;
      std::string layer(t.tensors[x.weight].name.view());
      layer = layer.substr(0, layer.rfind('.'));
      return name + " " + layer;
    }
    default: return name;
  }
}

const char* fill_of(const program& p, int i) {
  const jet_node& x = p.nodes[std::size_t(i)];
  if (p.late[std::size_t(i)]) return x.per_dim ? "#fecdd3" : "#fff1f2";
  return colour_of(x.per_dim ? level::dim : level::point);
}

template <class Use>
void operands_of(const program& p, int i, const Use& use) {
  const jet_node& x = p.nodes[std::size_t(i)];
  std::set<int> seen;
  for (int j = 0; j < x.inputs; j++)
    for (int a : {x.in[j].low, x.in[j].high})
      if (a >= 0 && seen.insert(resolve(p.view(), a)).second) use(resolve(p.view(), a));
}

dot_node box_of(const table& t, const std::vector<named_root>& roots, const program& p, int i) {
  const jet_node& x = p.nodes[std::size_t(i)];
  dot_node n;
  n.id = std::to_string(i);
  n.title = title_of(t, roots, x);
  n.fill = fill_of(p, i);
  std::string detail = coefficients(x.stored);
  if (x.width > 1) detail += (detail.empty() ? "" : " \u00b7 ") + std::to_string(x.width) + " features";
  if (x.reduces) detail += " \u00b7 added up over dimensions";
  n.lines = {detail, flop_text(work(t, p.view(), i))};
  n.flag =
      x.o == jet_op::store || x.o == jet_op::weight_gradient || x.o == jet_op::bias_gradient || x.o == jet_op::parameter_gradient;
  return n;
}

void program_legend(dot_graph& g, bool reverse) {
  g.legend(colour_of(level::point), "#64748b", "once a sample");
  g.legend(colour_of(level::dim), "#64748b", "for each dimension");
  if (reverse) {
    g.legend("#fff1f2", "#64748b", "cotangent, once a sample");
    g.legend("#fecdd3", "#64748b", "cotangent, for each dimension");
  }
}

dot_graph forward_graph(const table& t, const std::vector<named_root>& roots, const program& p, const schedule& s,
                        std::string title, std::string text) {
  dot_graph g(std::move(title), std::move(text));
  program_legend(g, false);
  for (int i = 0; i < int(p.nodes.size()); i++) {
    if (s.stage_of[std::size_t(i)] < 0) continue;
    dot_node n = box_of(t, roots, p, i);
    if (!p.part[std::size_t(i)].empty()) n.cluster = {p.part[std::size_t(i)]};
    g.add(n);
    operands_of(p, i, [&](int a) { g.edge(std::to_string(a), std::to_string(i)); });
  }
  return g;
}

/// The flow of cotangents alone: values of the forward pass that are read again, and gradients that are added to, are named in
/// the boxes.
dot_graph reverse_graph(const table& t, const std::vector<named_root>& roots, const program& p, const schedule& s,
                        std::string title, std::string text) {
  dot_graph g(std::move(title), std::move(text));
  g.legend("#fff1f2", "#64748b", "once a sample");
  g.legend("#fecdd3", "#64748b", "for each dimension");
  g.legend("#ffffff", "#15803d", "green edge: adds to gradients of parameters");
  const auto ends = [&](int i) {
    const jet_op o = p.nodes[std::size_t(i)].o;
    return o == jet_op::weight_gradient || o == jet_op::bias_gradient || o == jet_op::parameter_gradient;
  };
  std::map<int, std::set<std::string>> gradients;  // what a cotangent gives
  std::map<int, double> extra;
  for (int i = 0; i < int(p.nodes.size()); i++) {
    if (!p.late[std::size_t(i)] || s.stage_of[std::size_t(i)] < 0 || !ends(i)) continue;
    const int from = resolve(p.view(), p.nodes[std::size_t(i)].in[0].low >= 0 ? p.nodes[std::size_t(i)].in[0].low
                                                                              : p.nodes[std::size_t(i)].in[0].high);
    const std::string name = title_of(t, roots, p.nodes[std::size_t(i)]);
    gradients[from].insert(name.substr(name.find("of ") + 3));
    extra[from] += work(t, p.view(), i);
  }
  for (int i = 0; i < int(p.nodes.size()); i++) {
    if (!p.late[std::size_t(i)] || s.stage_of[std::size_t(i)] < 0 || ends(i) || p.nodes[std::size_t(i)].o == jet_op::store)
      continue;
    dot_node n = box_of(t, roots, p, i);
    std::set<std::string> again;
    operands_of(p, i, [&](int a) {
      if (!p.late[std::size_t(a)]) again.insert(title_of(t, roots, p.nodes[std::size_t(a)]));
      else g.edge(std::to_string(a), std::to_string(i));
    });
    std::string read;
    for (const std::string& name : again) read += (read.empty() ? "reads " : ", ") + name;
    n.lines.push_back(read);
    if (const auto found = gradients.find(i); found != gradients.end()) {
      n.border = "#15803d";
      n.thick = true;
      for (const std::string& name : found->second) n.lines.push_back("gradient of " + name);
      n.lines.push_back(flop_text(extra[i]) + (extra[i] > 0 ? " for these" : ""));
    }
    if (!p.part[std::size_t(i)].empty()) n.cluster = {p.part[std::size_t(i)]};
    g.add(n);
  }
  return g;
}

/// One box for each part of a stage, with a row for the operations of each network.
dot_graph schedule_graph(const table& t, const std::vector<named_root>& roots, const program& p, const schedule& s,
                         std::string title, std::string text) {
  dot_graph g(std::move(title), std::move(text));
  program_legend(g, true);
  const auto name_of = [&](int i) {
    const jet_node& x = p.nodes[std::size_t(i)];
    if (x.o == jet_op::store || x.o == jet_op::load_cotangent) return title_of(t, roots, x);
    return (p.part[std::size_t(i)].empty() ? std::string("equation") : p.part[std::size_t(i)]) +
           (p.again[std::size_t(i)] ? ", computed again" : "");
  };
  std::string before;
  const auto put = [&](const std::vector<int>& nodes, std::size_t stage, bool dims) {
    if (nodes.empty()) return;
    struct row {
      std::string name;
      bool late = false;
      int operations = 0;
      double flop = 0, kept = 0;
      std::set<std::string> read;
    };
    std::vector<row> rows;
    for (int i : nodes) {
      const bool late = p.late[std::size_t(i)];
      const jet_node& x = p.nodes[std::size_t(i)];
      auto at = std::find_if(rows.begin(), rows.end(), [&](const row& r) { return r.name == name_of(i) && r.late == late; });
      if (at == rows.end()) at = rows.insert(rows.end(), row{name_of(i), late, 0, 0, 0, {}});
      at->operations++;
      at->flop += work(t, p.view(), i);
      if (s.kept[std::size_t(i)]) at->kept += double(count(x.stored)) * x.width * t.d;
      operands_of(p, i, [&](int a) {
        const int from = s.stage_of[std::size_t(a)];
        if (from >= 0 && from != int(stage) && s.kept[std::size_t(a)] && !preloaded(p.nodes[std::size_t(a)]))
          at->read.insert(name_of(a) + " of stage " + std::to_string(from + 1));
      });
    }
    dot_node n;
    n.id = std::to_string(stage) + (dims ? " loop" : " once");
    n.title =
        "stage " + std::to_string(stage + 1) + (dims ? ": for each of the " + std::to_string(t.d) + " dimensions" : ": once");
    n.fill = "#f8fafc";
    for (const row& r : rows) {
      std::string read;
      for (const std::string& w : r.read) read += (read.empty() ? "reads again: " : ", ") + w;
      const char* fill = r.late ? (dims ? "#fecdd3" : "#fff1f2") : dims ? colour_of(level::dim) : "#e2e8f0";
      n.rows.push_back({fill,
                        {(r.late && r.name.find("cotangent") != 0 ? "cotangents of " : "") + r.name,
                         std::to_string(r.operations) + (r.operations == 1 ? " operation" : " operations"), flop_text(r.flop),
                         r.kept > 0 ? "keeps " + short_number(r.kept) + " numbers" : "", read}});
    }
    g.add(n);
    if (!before.empty()) g.edge(before, n.id, "penwidth=2");
    before = n.id;
  };
  for (std::size_t k = 0; k < s.stages.size(); k++) {
    put(s.stages[k].point, k, false);
    put(s.stages[k].dims, k, true);
  }
  return g;
}

std::string memory_picture(const table& t, const std::vector<named_root>& roots, const program& p, const schedule& s,
                           const std::string& title) {
  const fusion together = find_fusions(p.view(), s);
  constexpr int block = plan_kernel<float>::default_block;
  const buffer_layout<float> layout(t, p.view(), s, together, block);
  std::vector<placed_buffer> buffers;
  double sum = 0;
  for (int i = 0; i < int(p.nodes.size()); i++) {
    const buffer_request& q = layout.requests[std::size_t(i)];
    if (s.stage_of[std::size_t(i)] < 0 || q.size <= 0) continue;
    const double unit = sizeof(float) / 1024.0;
    const std::string part = p.part[std::size_t(i)];
    buffers.push_back({(part.empty() ? "" : part + ": ") + title_of(t, roots, p.nodes[std::size_t(i)]), double(q.offset) * unit,
                       double(q.size) * unit, q.first, q.last, bool(p.late[std::size_t(i)])});
    sum += double(q.size) * unit;
  }
  std::vector<time_mark> marks;
  int now = 1;
  for (std::size_t k = 0; k < s.stages.size(); k++) {
    if (!s.stages[k].point.empty()) marks.push_back({now, "stage " + std::to_string(k + 1)});
    now += int(s.stages[k].point.size());
    marks.push_back({now, "loop " + std::to_string(k + 1)});
    now += 2 + int(s.stages[k].dims.size());
  }
  const double total = double(layout.workspace) * sizeof(float) / 1024.0;
  char words[300];
  std::snprintf(words, sizeof words,
                "Steps from left to right, addresses of the workspace upward, for a block of %d samples in single precision: "
                "%.1f KiB hold %zu buffers of %.1f KiB in all.",
                block, total, buffers.size(), sum);
  return memory_svg(buffers, marks, total, title, words);
}

}  // namespace

std::vector<picture> pictures_of_programs(const table& t, const std::vector<named_root>& roots) {
  const program values = build(t, roots, false), both = build(t, roots, true);
  const schedule forward = make_schedule(values.view()), all = make_schedule(both.view());
  const program run = executed(t, both, plan_kernel<float>::default_block);
  const schedule order = scheduled(run);
  std::vector<picture> r;
  const auto add = [&](const char* file, std::string title, std::string text, const auto& draw) {
    picture p{file, title, text, "", ""};
    p.dot = draw(title, text).text();
    r.push_back(std::move(p));
  };
  add("3-jets", "3. Operations on Taylor series",
      "The same as a program on truncated Taylor series with just those coefficients; D and dt have become shifts of "
      "coefficients. A point-level value that is "
      "differentiated along a coordinate has two boxes: what all dimensions share, and the rest for each.",
      [&](const auto& title, const auto& text) { return forward_graph(t, roots, values, forward, title, text); });
  add("4-reverse", "4. The reverse pass",
      "Cotangents flow from the results (top) back through the operations of picture 3. Each box says which values of the "
      "forward pass it reads again, and which gradients it adds to.",
      [&](const auto& title, const auto& text) { return reverse_graph(t, roots, both, all, title, text); });
  add("5-schedule", "5. The schedule",
      "Stages run from top to bottom, for one block of samples after the other: what is done once, then one loop over the "
      "dimensions. A row is what is done for a network "
      "there. What a row keeps (numbers a sample) is read again in a later stage; all else is gone when the loop goes on to the "
      "next dimension, and is computed again where that is cheaper than to keep it.",
      [&](const auto& title, const auto& text) { return schedule_graph(t, roots, run, order, title, text); });
  picture memory{"6-memory", "6. The memory plan", "Buffers that are never alive together share addresses.", "", ""};
  memory.svg = memory_picture(t, roots, run, order, memory.title);
  r.push_back(std::move(memory));
  return r;
}

}  // namespace dimwise::draw
