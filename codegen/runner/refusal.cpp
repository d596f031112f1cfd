// codegen/runner/refusal.cpp: the long form of a refusal; see diagnose.hpp.
#include <algorithm>
#include <cstdio>

#include "codegen/draw/words.hpp"
#include "codegen/print/from_table.hpp"
#include "codegen/runner/describe.hpp"
#include "dimwise/analysis/dependence.hpp"
#include "dimwise/diagnose.hpp"

namespace dimwise {
namespace {

constexpr std::size_t widest = 64;

std::string formula(const table& t, int i) {
  const print::formulas f = print::from_table(t, {i});
  std::string text = print::as_text(f.roots[0]);
  return text.size() <= widest ? text : text.substr(0, widest - 4) + " ...";
}

bool depends_on_state(const kind& k) { return k.d != depends::nothing; }

/// The operand through which x reaches node i; -1 at a leaf.
int guilty_operand(const table& t, int i) {
  const node& x = t.nodes[i];
  const auto first = [&](const auto& holds) {
    for (int c : {x.a, x.b})
      if (c >= 0 && holds(t.nodes[c].k)) return c;
    return -1;
  };
  if (const int c = first([](const kind& k) { return !k.dimwise; }); c >= 0) return c;
  if (const int c = first([](const kind& k) { return sees_others(k) || k.d == depends::scaled_own; }); c >= 0) return c;
  if (const int c = first([](const kind& k) { return k.l == level::units; }); c >= 0) return c;
  return first(depends_on_state);
}

struct step {
  std::string what, why;
};

std::string reason(const table& t, int i, int from, bool network) {
  const node& x = t.nodes[i];
  const bool dense_before = from >= 0 && !t.nodes[from].k.dimwise;
  if (x.o == op::state) return "the state: component i is its own coordinate";
  if (x.o == op::input || x.o == op::input_per_dim) return "an input: depends on nothing";
  if (!x.k.dimwise && !dense_before) {
    if (network) return "a plain network: its first layer adds up all coordinates. Here they meet, for good";
    if (x.o == op::sum || x.o == op::component)
      return "every term already sees other coordinates, so the sum moves with x_i in all of its terms: dense from here on";
    return "values that mix coordinates in two ways meet: dense from here on";
  }
  if (!x.k.dimwise) return "made of a dense value: dense";
  std::string text = x.k.l == level::point ? (depends_on_state(x.k) ? "one number a sample that depends on all coordinates"
                                                                    : "one number a sample, the same whatever the state is")
                                           : "component i depends on " + dependence_text(x.k);
  if (network && sees_others(x.k)) text += ", and D of it is one pass";
  return text;
}

/// The way from a leaf to node i: one step for each network and for each operation outside of networks.
std::vector<step> way_to(const table& t, int i) {
  const std::vector<std::string> part = draw::network_parts(t);
  std::vector<int> nodes;
  for (int at = i; at >= 0; at = guilty_operand(t, at)) nodes.push_back(at);
  std::vector<step> steps;
  for (std::size_t k = nodes.size(); k-- > 0;) {
    const int at = nodes[k];
    const std::string& mine = part[std::size_t(at)];
    if (!mine.empty() && k > 0 && part[std::size_t(nodes[k - 1])] == mine)
      continue;  // inside a network: its last value stands for it
    if (t.nodes[at].o == op::concat || t.nodes[at].k.l == level::units) continue;
    // the value before the network, not the one before its last layer
    int from = k + 1 < nodes.size() ? nodes[k + 1] : -1;
    for (std::size_t q = k + 1; q < nodes.size() && !mine.empty() && part[std::size_t(nodes[q])] == mine; q++)
      from = q + 1 < nodes.size() ? nodes[q + 1] : -1;
    steps.push_back({formula(t, at), reason(t, at, from, !mine.empty())});
  }
  return steps;
}

/// The first dense value on the way to i.
int origin(const table& t, int i) {
  int found = i;
  for (int at = i; at >= 0; at = guilty_operand(t, at))
    if (!t.nodes[at].k.dimwise) found = at;
  return found;
}

std::string advice(const refused_recording& r) {
  const table& t = r.so_far;
  const int a = r.operands[0], b = r.operands[1];
  const auto says = [&](const char* words) { return r.sentence.find(words) != std::string::npos; };
  if (a < 0) return "";
  if (says("v is dense")) {
    const int first = origin(t, a);
    const node& x = t.nodes[first];
    if (x.k.why == because::a_network_mixed_all_coordinates) {
      std::string network;
      for (int at = first; at >= 0 && network.empty(); at = t.nodes[at].a)
        if (t.nodes[at].weight >= 0) network = print::network_of(t.tensors[t.nodes[at].weight]);
      return "hollow_net<\"" + network + "\">(masked_mlp{...}, features{...}, mlp{...}) in place of network<\"" + network +
             "\">(...): each of its outputs sees all coordinates, too, and x_i only through its transformer";
    }
    if (x.o == op::sum) return "sum(D<k>(" + formula(t, x.a) + ")): differentiate each term by its own coordinate, then add up";
    return "D<k> of the terms that see few coordinates, before they are mixed";
  }
  if (says("conditioner already mixes"))
    return "give it the state, the time, inputs, or functions of them coordinate by coordinate; what mixes coordinates can be "
           "multiplied or joined (concat) with what it returns";
  if (says("context of a masked stream"))
    return "give the stream time, inputs or parameters; a value of its own coordinate belongs to its first operand: concat(x, v)";
  if (says("different feature widths") && b >= 0)
    return "slice<begin, width>(v), sum_features(v) or a network with as many outputs: " + formula(t, a) + " has " +
           std::to_string(t.nodes[a].k.width) + " features, " + formula(t, b) + " has " + std::to_string(t.nodes[b].k.width);
  if (says("objective must be one number"))
    return t.nodes[a].k.width > 1 ? "sum_features(" + formula(t, a) + "), and sum over dimensions"
                                  : "sum(" + formula(t, a) + ") or mean(" + formula(t, a) + ")";
  if (says("sees more coordinates than it may"))
    return "sum_others of functions of single coordinates, sum_before of what sees those before and its own, sum_after of what "
           "sees its own and those after";
  if (says("proportional to p"))
    return "divide the equation by what is not p first, or leave .relative_to(p) away: its residual is then that of the plain "
           "form";
  return "";
}

}  // namespace

std::string explain(const refused_recording& r) {
  std::string text = r.sentence + ".\n";
  for (int k = 0; k < 2; k++) {
    const int i = r.operands[k];
    if (i < 0 || i >= r.so_far.node_count) continue;
    const std::vector<step> steps = way_to(r.so_far, i);
    if (steps.empty()) continue;
    text += k == 0 ? "\nHow this comes about:\n" : "and the other operand:\n";
    std::size_t width = 0;
    for (const step& s : steps) width = std::max(width, s.what.size());
    int number = 0;
    for (const step& s : steps) {
      std::string left = s.what;
      left.append(width - left.size(), ' ');
      text += "  " + std::to_string(++number) + ". " + left + "   " + s.why + "\n";
    }
  }
  if (const std::string better = advice(r); !better.empty()) text += "\nWhat to write instead:\n  " + better + "\n";
  return text;
}

int show_refusal(const refused_recording& r) {
  std::fputs(explain(r).c_str(), stdout);
  return 4;
}

}  // namespace dimwise
