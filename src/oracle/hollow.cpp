// src/oracle/hollow.cpp: values are blind to what their class leaves out: what component i must not see is changed, and no digit
// of it may follow.
#include <map>
#include <string>

#include "../../include/dimwise/oracle/check.hpp"
#include "../../include/dimwise/oracle/oracle.hpp"
#include "sight.hpp"

namespace dimwise {
namespace {

/// Which coordinates a hidden unit, or a component of a readout, is joined to by entries that the masks allow:
/// [unit][coordinate].
using sight = std::vector<std::vector<char>>;

void join(std::vector<char>& to, const std::vector<char>& from) {
  for (std::size_t j = 0; j < to.size(); j++) to[j] = char(to[j] | from[j]);
}

/// Sight of the units of every node of level units, and of the components of every readout; empty for other nodes.
std::vector<sight> sights(const table& t) {
  std::vector<sight> all(std::size_t(t.node_count));
  for (int id = 0; id < t.node_count; id++) {
    const node& n = t.nodes[id];
    const bool units = n.k.l == level::units;
    if (!units && n.o != op::readout) continue;
    sight& own = all[std::size_t(id)];
    own.assign(std::size_t(units ? n.k.width : t.d), std::vector<char>(std::size_t(t.d), 0));
    if (n.o == op::masked_input) {
      const tensor& w = t.tensors[n.weight];
      const int width = t.nodes[n.a].k.width;
      for (int r = 0; r < w.shape[0]; r++)
        for (int c = 0; c < t.d * width; c++)
          if (allowed(w, 0, r, c)) own[std::size_t(r)][std::size_t(c / width)] = 1;
    } else if (n.o == op::masked_hidden) {
      const tensor& w = t.tensors[n.weight];
      for (int r = 0; r < w.shape[0]; r++)
        for (int c = 0; c < w.shape[1]; c++)
          if (allowed(w, 0, r, c)) join(own[std::size_t(r)], all[std::size_t(n.a)][std::size_t(c)]);
    } else if (n.o == op::readout) {
      for (const auto& [weight, operand] : {std::pair(n.weight, n.a), std::pair(n.weight2, n.b)}) {
        if (operand < 0) continue;
        const tensor& w = t.tensors[weight];
        for (int i = 0; i < t.d; i++)
          for (int c = 0; c < w.shape[2]; c++)
            if (allowed(w, i, 0, c)) join(own[std::size_t(i)], all[std::size_t(operand)][std::size_t(c)]);
      }
    } else {
      for (int operand : {n.a, n.b})
        if (operand >= 0 && t.nodes[operand].k.l == level::units)
          for (std::size_t r = 0; r < own.size(); r++) {
            const sight& from = all[std::size_t(operand)];
            join(own[r], from[from.size() == 1 ? 0 : r]);
          }
    }
  }
  return all;
}

/// "drift" of "drift.conditioner.readout.left.weight".
std::string network_of(const tensor& w) {
  const std::string name(w.name.view());
  const auto part = name.find(".conditioner");
  return name.substr(0, part != std::string::npos ? part : name.find('.'));
}

/// A value of which some components must not follow some coordinates.
struct subject {
  int node;
  std::string name;
};

const char* name_of_coupling(const node& n) {
  if (n.o == op::shift) return "shift";
  return n.n < 0 ? "sum_before" : n.n > 0 ? "sum_after" : "sum_others";
}

/// Conditioners by their networks, sums of others and shifts, and whatever the model names of a class that leaves coordinates
/// out.
std::vector<subject> subjects_of(const table& t) {
  std::vector<subject> all;
  for (int id = 0; id < t.node_count; id++) {
    const node& n = t.nodes[id];
    if (n.o == op::readout) all.push_back({id, network_of(t.tensors[n.weight])});
    if (n.o == op::sum_others || n.o == op::shift) all.push_back({id, name_of_coupling(n)});
  }
  const auto add = [&](int id, std::string name) {
    if (id >= 0 && detail::partly_blind(t.nodes[id].k)) all.push_back({id, std::move(name)});
  };
  for (int i = 0; i < t.output_count; i++) add(t.outputs[i].node, std::string(t.outputs[i].name.view()));
  for (int i = 0; i < t.equation_count; i++) {
    const std::string name(t.equations[i].name.view());
    add(t.equations[i].lhs, name + ".lhs"), add(t.equations[i].rhs, name + ".rhs"),
        add(t.equations[i].residual, name + ".residual");
  }
  for (int i = 0; i < t.sde_count; i++) {
    const std::string name(t.sdes[i].name.view());
    add(t.sdes[i].drift, name + ".drift"), add(t.sdes[i].noise, name + ".noise");
  }
  return all;
}

}  // namespace

std::vector<check_record> check_hollowness(const table& t, const std::vector<double>& parameters,
                                           const std::vector<sample_inputs>& samples) {
  const auto seen = sights(t);
  const auto subjects = subjects_of(t);
  std::map<std::string, check_record> by_name;
  oracle o(t);
  o.set_parameters(parameters);
  for (std::size_t s = 0; s < samples.size(); s++) {
    sample_inputs at = samples[s];
    at.state.resize(std::size_t(t.d), 0.0);
    std::vector<std::vector<wide_number>> before;
    o.set_sample(at);
    for (const subject& v : subjects) before.push_back(o.value(v.node));
    at.inputs.resize(std::size_t(t.input_count));
    for (int j = 0; j < t.d; j++) {
      for (const int way : {0, 1}) {
        sample_inputs changed = at;
        const auto move = [&](std::vector<double>& x) {
          x.resize(std::size_t(t.d), 0.0);
          double& v = x[std::size_t(j)];
          v = way ? 17 - 3 * v : v + 1.25;
        };
        move(changed.state);
        for (int q = 0; q < t.input_count; q++)
          if (t.inputs[q].state) move(changed.inputs[std::size_t(q)]);
        o.set_sample(changed);
        for (std::size_t q = 0; q < subjects.size(); q++) {
          const auto& [id, name] = subjects[q];
          const node& n = t.nodes[id];
          auto& r = by_name.try_emplace(name, check_record{name, "hollow", 0, "oracle", 0, 0, true, ""}).first->second;
          for (int i = 0; i < t.d; i++) {
            // what masks cut off is more than the class says
            if (n.o == op::readout ? i != j && seen[std::size_t(id)][std::size_t(i)][std::size_t(j)] : detail::may_see(n.k, i, j))
              continue;
            const auto now = o.component(id, i);
            for (int f = 0; f < n.k.width; f++) {
              const wide_number& old = before[q][std::size_t(i * n.k.width + f)];
              if (now[std::size_t(f)] == old) continue;
              double error = double(wide_number(abs(wide_number(now[std::size_t(f)] - old)) / (1 + abs(old))));
              if (!(error > 0)) error = std::numeric_limits<double>::min();
              r.ok = false;
              if (error > r.max_relative_error) {
                r.max_relative_error = error;
                r.where = "sample " + std::to_string(s) + ", feature " + std::to_string(f) + " of component " +
                          std::to_string(i) + " follows coordinate " + std::to_string(j);
              }
            }
          }
        }
      }
    }
  }
  std::vector<check_record> records;
  for (auto& entry : by_name) records.push_back(entry.second);
  return records;
}

}  // namespace dimwise
