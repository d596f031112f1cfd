// codegen/runner/info.cpp: the command `info`: what a model is, before anything is learned.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "codegen/print/from_table.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/describe.hpp"
#include "codegen/runner/graph.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/runner/needed_orders.hpp"
#include "dimwise/analysis/cost_class.hpp"
#include "dimwise/core/error.hpp"

namespace dimwise::commands {
namespace {

struct value_line {
  std::string name, what;
  int node;
};

std::vector<value_line> named_values(const table& t) {
  std::vector<value_line> all;
  auto add = [&](const std::string& name, const std::string& what, int node) {
    if (node >= 0) all.push_back({name, what, node});
  };
  for (int i = 0; i < t.equation_count; i++) {
    const equation_entry& e = t.equations[i];
    const std::string name(e.name.view());
    add(name + ".lhs", "left side", e.lhs);
    add(name + ".rhs", "right side", e.rhs);
    add(name + ".residual", "left minus right side", e.residual);
    add(name + ".relative", "residual divided by the density", e.relative);
  }
  for (int i = 0; i < t.sde_count; i++) {
    const sde_entry& e = t.sdes[i];
    const std::string name(e.name.view());
    add(name + ".drift", "drift", e.drift);
    add(name + ".noise", "noise", e.noise);
    add(name + ".noise_derivative", "derivative of the noise by its own coordinate", e.noise_derivative);
  }
  for (int i = 0; i < t.ode_count; i++) {
    const ode_entry& e = t.odes[i];
    const std::string name(e.name.view());
    add(name + ".field", "vector field", e.field);
    add(name + ".diagonal", "diagonal of its Jacobian", e.diagonal);
    for (int j = 0; j < e.carried_count; j++)
      add(name + "." + std::string(e.carried[j].name.view()), "rate of a carried quantity", e.carried[j].node);
  }
  for (int i = 0; i < t.output_count; i++) add(std::string(t.outputs[i].name.view()), "output", t.outputs[i].node);
  for (int i = 0; i < t.integral_count; i++) add(std::string(t.integrals[i].name.view()), "integral", t.integrals[i].node);
  for (int i = 0; i < t.objective_count; i++) add(std::string(t.objectives[i].name.view()), "objective", t.objectives[i].node);
  return all;
}

const char* source_text(sample_source s) {
  switch (s) {
    case sample_source::file: return "rows of a file";
    case sample_source::transitions: return "consecutive rows of a file";
    case sample_source::jittered: return "rows with noise added";
    case sample_source::density: return "drawn from a mixture";
    case sample_source::box: return "uniform in a box";
    case sample_source::faces: return "uniform on the faces of a box";
    case sample_source::sobol: return "Sobol points of a box";
    case sample_source::grid: return "a grid of cell centres";
    case sample_source::gauss: return "Gauss-Legendre nodes of a box";
  }
  return "?";
}

std::string cost_class_text(const table& t, int node) {
  const derivative_cost c = cost_of_derivatives(t, &node, 1);
  std::string text = c.pass_per_dimension ? "a pass per dimension" : "";
  if (c.directions)
    text += (text.empty() ? "" : ", ") + std::to_string(c.directions) +
            (c.directions == 1 ? " copy along a direction" : " copies along directions");
  return text.empty() ? "cheap" : text;
}

json describe(const compiled_model& m) {
  const table& t = m.recording;
  const std::string state(t.state_name.view()), time(t.time_name.view());
  json out;
  out["model"] = m.name;
  out["dimensions"] = t.d;
  out["isa"] = m.isa;
  out["compiler"] = m.compiler;
  out["state"] = state;
  out["time"] = time;
  out["inputs"] = json::array();
  for (int i = 0; i < t.input_count; i++)
    out["inputs"].push_back({{"name", t.inputs[i].name.view()},
                             {"level", t.inputs[i].l == level::dim ? "dim" : "point"},
                             {"width", t.inputs[i].width},
                             {"state", t.inputs[i].state}});
  out["constants"] = json::array();
  for (int i = 0; i < t.constant_count; i++)
    out["constants"].push_back({{"name", t.constants[i].name.view()}, {"default", t.constants[i].value}});

  const std::vector<value_line> values = named_values(t);
  std::vector<int> roots;
  for (const auto& v : values) roots.push_back(v.node);
  // A residual is printed through its sides, not as a third formula.
  std::vector<int> printed;
  for (int i = 0; i < t.equation_count; i++) printed.insert(printed.end(), {t.equations[i].lhs, t.equations[i].rhs});
  const std::size_t others = printed.size();
  std::vector<value_line> formulas_of;
  for (const auto& v : values)
    if (v.what == "drift" || v.what == "noise" || v.what == "output" || v.what == "integral" || v.what == "objective") {
      formulas_of.push_back(v);
      printed.push_back(v.node);
    }
  const print::formulas all = print::from_table(t, printed);
  out["equations"] = json::array();
  for (int i = 0; i < t.equation_count; i++) {
    const auto &l = all.roots[2 * std::size_t(i)], &r = all.roots[2 * std::size_t(i) + 1];
    out["equations"].push_back({{"name", t.equations[i].name.view()},
                                {"text", print::as_text(l) + " == " + print::as_text(r)},
                                {"latex", print::as_latex(l, state, time) + " = " + print::as_latex(r, state, time)},
                                {"relative", t.equations[i].relative >= 0},
                                {"weight", t.equations[i].weight}});
  }
  for (int i = 0; i < t.equation_count; i++) {
    const print::expanded_equation e = print::expanded_sides(t, t.equations[i]);
    const auto pair = [&](const print::formula& l, const print::formula& r) {
      return json{{"text", print::as_text(l) + " == " + print::as_text(r)},
                  {"latex", print::as_latex(l, state, time) + " = " + print::as_latex(r, state, time)}};
    };
    json& to = out["equations"][std::size_t(i)];
    to["expanded"] = pair(e.lhs, e.rhs);
    to["divided"] = e.divided ? pair(e.divided_lhs, e.divided_rhs) : json(nullptr);
    if (e.divided)
      to["divided"]["by"] = {{"text", print::as_text(e.divisor)}, {"latex", print::as_latex(e.divisor, state, time)}};
    to["expanded_definitions"] = json::array();
    for (const auto& [name, f] : e.definitions)
      to["expanded_definitions"].push_back(
          {{"name", name}, {"text", print::as_text(f)}, {"latex", print::as_latex(f, state, time)}});
  }
  out["values"] = json::array();
  for (std::size_t i = 0; i < formulas_of.size(); i++) {
    const auto& f = all.roots[others + i];
    out["values"].push_back({{"name", formulas_of[i].name},
                             {"role", formulas_of[i].what},
                             {"text", print::as_text(f)},
                             {"latex", print::as_latex(f, state, time)}});
  }
  out["definitions"] = json::array();
  for (const auto& [name, f] : all.definitions)
    out["definitions"].push_back({{"name", name}, {"text", print::as_text(f)}, {"latex", print::as_latex(f, state, time)}});

  const std::vector<needed_order> orders = needed_orders(t, roots);
  out["inferred"] = json::array();
  auto inferred = [&](const std::string& name, int node) {
    const kind& k = t.nodes[node].k;
    out["inferred"].push_back({{"name", name},
                               {"level", k.l == level::dim     ? "dim"
                                         : k.l == level::point ? "point"
                                                               : "units"},
                               {"width", k.width},
                               {"depends_on", dependence_text(k)},
                               {"dimwise", k.dimwise},
                               {"x_order", orders[std::size_t(node)].x},
                               {"t_order", orders[std::size_t(node)].t},
                               {"derivatives", cost_class_text(t, node)}});
  };
  for (const auto& [name, node] : network_nodes(t)) inferred(name, node);
  for (const auto& v : values) inferred(v.name, v.node);

  out["objectives"] = json::array();
  for (int i = 0; i < t.objective_count; i++) {
    const objective_entry& o = t.objectives[i];
    out["objectives"].push_back({{"name", o.name.view()},
                                 {"set", o.set >= 0 ? json(t.sets[o.set].name.view()) : json(nullptr)},
                                 {"weight", o.weight},
                                 {"stage", o.stage},
                                 {"integral", o.integral >= 0 ? json(t.integrals[o.integral].name.view()) : json(nullptr)},
                                 {"target", o.target}});
  }
  out["sets"] = json::array();
  for (int i = 0; i < t.set_count; i++)
    out["sets"].push_back({{"name", t.sets[i].name.view()}, {"source", source_text(t.sets[i].source)}});

  out["parameters"] = json::array();
  for (int i = 0; i < t.tensor_count; i++) {
    const tensor& w = t.tensors[i];
    json shape = json::array();
    for (int k = 0; k < w.rank; k++) shape.push_back(w.shape[k]);
    static const char* masks[] = {"none",         "input_left",    "input_right",   "hidden",
                                  "readout_left", "readout_right", "strictly_upper"};
    out["parameters"].push_back({{"name", w.name.view()},
                                 {"shape", shape},
                                 {"meaning", w.meaning.view()},
                                 {"mask", masks[int(w.masked)]},
                                 {"trained", w.trained}});
  }
  out["parameter_count"] = t.parameters;

  out["cost"] = json::array();
  auto cost = [&](const std::string& name, const kernel_cost& c, std::vector<int> below, bool gradient) {
    const double plain = plain_matrix_flop(t, below.data(), int(below.size()));
    auto units = [&](double flop) { return plain > 0 ? json(flop / plain) : json(nullptr); };
    out["cost"].push_back({{"name", name},
                           {"matrix_flop", c.value_matrix_flop},
                           {"other_flop", c.value_other_flop},
                           {"gradient_matrix_flop", gradient ? json(c.gradient_matrix_flop) : json(nullptr)},
                           {"plain_matrix_flop", plain},
                           {"in_values", units(c.value_matrix_flop)},
                           {"gradient_in_values", gradient ? units(c.gradient_matrix_flop) : json(nullptr)}});
  };
  auto each = [&](const std::string& name, const auto& kernel, bool gradient) {
    if (!kernel) return;
    std::vector<int> below;
    for (const auto& o : kernel->outputs()) below.push_back(o.node);
    cost(name, kernel->cost(), below, gradient && kernel->has_gradient());
  };
  each("outputs", m.in_float.outputs, false);
  for (std::size_t i = 0; i < m.in_float.objectives.size(); i++)
    each("objective " + std::string(t.objectives[i].name.view()), m.in_float.objectives[i], true);
  for (std::size_t i = 0; i < m.in_float.sdes.size(); i++)
    each("sde " + std::string(t.sdes[i].name.view()), m.in_float.sdes[i], false);
  for (std::size_t i = 0; i < m.in_float.odes.size(); i++) {
    const std::string name = "ode " + std::string(t.odes[i].name.view());
    each(name, m.in_float.odes[i].field, true);
    each(name + " with carried quantities", m.in_float.odes[i].carried, true);
  }
  return out;
}

std::string text_of(const json& v) { return v.is_string() ? v.get<std::string>() : v.dump(); }

void print_text(const json& d, bool latex) {
  const char* form = latex ? "latex" : "text";
  std::printf("model %s: %s dimensions, %s parameters, kernels for %s\n", text_of(d["model"]).c_str(),
              d["dimensions"].dump().c_str(), d["parameter_count"].dump().c_str(), text_of(d["isa"]).c_str());
  if (!d["equations"].empty()) std::printf("\nequations\n");
  for (const auto& e : d["equations"])
    std::printf("  %s%s\n    %s\n", text_of(e["name"]).c_str(), e["relative"].get<bool>() ? " (used in relative form)" : "",
                text_of(e[form]).c_str());
  for (const auto& e : d["equations"]) {
    if (e["expanded"]["text"] == e["text"]) continue;
    std::printf("\nderivatives of %s written out\n    %s\n", text_of(e["name"]).c_str(), text_of(e["expanded"][form]).c_str());
    if (!e["divided"].is_null())
      std::printf("  divided by %s, as it is computed\n    %s\n", text_of(e["divided"]["by"][form]).c_str(),
                  text_of(e["divided"][form]).c_str());
    for (const auto& v : e["expanded_definitions"])
      std::printf("  where %s = %s\n", text_of(v["name"]).c_str(), text_of(v[form]).c_str());
  }
  if (!d["values"].empty()) std::printf("\nvalues\n");
  for (const auto& v : d["values"])
    std::printf("  %s (%s)\n    %s\n", text_of(v["name"]).c_str(), text_of(v["role"]).c_str(), text_of(v[form]).c_str());
  for (const auto& v : d["definitions"]) std::printf("  where %s = %s\n", text_of(v["name"]).c_str(), text_of(v[form]).c_str());
  std::printf("\ninputs\n");
  if (d["state"] != "")
    std::printf("  %-24s state, [samples][%s]\n", text_of(d["state"]).c_str(), d["dimensions"].dump().c_str());
  if (d["time"] != "") std::printf("  %-24s time, [samples]\n", text_of(d["time"]).c_str());
  for (const auto& i : d["inputs"])
    std::printf("  %-24s %s%s\n", text_of(i["name"]).c_str(), i["state"].get<bool>() ? "state, " : "",
                i["level"] == "dim" ? ("[samples][" + d["dimensions"].dump() + "][" + i["width"].dump() + "]").c_str()
                                    : ("[samples][" + i["width"].dump() + "]").c_str());
  for (const auto& c : d["constants"])
    std::printf("  %-24s constant, %s unless given\n", text_of(c["name"]).c_str(), c["default"].dump().c_str());
  std::printf("\ninferred%*s x-order t-order  cheap D  derivatives below it    depends on\n", 26, "");
  for (const auto& v : d["inferred"])
    std::printf("  %-32s %7s %7s  %-7s  %-22s  %s\n", text_of(v["name"]).c_str(), v["x_order"].dump().c_str(),
                v["t_order"].dump().c_str(), v["dimwise"].get<bool>() ? "yes" : "no", text_of(v["derivatives"]).c_str(),
                text_of(v["depends_on"]).c_str());
  if (!d["objectives"].empty()) std::printf("\nobjectives\n");
  for (const auto& o : d["objectives"])
    std::printf("  %-24s stage %s, weight %s, %s\n", text_of(o["name"]).c_str(), o["stage"].dump().c_str(),
                o["weight"].dump().c_str(),
                o["integral"].is_null() ? ("mean over " + (o["set"].is_null() ? "samples" : text_of(o["set"]))).c_str()
                                        : ("(" + text_of(o["integral"]) + " - " + o["target"].dump() + ")^2").c_str());
  for (const auto& s : d["sets"]) std::printf("  %-24s set: %s\n", text_of(s["name"]).c_str(), text_of(s["source"]).c_str());
  std::printf("\nparameters\n");
  for (const auto& p : d["parameters"]) {
    std::string shape;
    for (const auto& n : p["shape"]) shape += "[" + n.dump() + "]";
    std::printf("  %-44s %-16s %s%s\n", text_of(p["name"]).c_str(), shape.c_str(), text_of(p["meaning"]).c_str(),
                p["trained"].get<bool>() ? "" : " (kept as it is)");
  }
  std::printf("\ncost per sample (FLOP of matrix products; \"values\": against evaluating every network once)\n");
  for (const auto& c : d["cost"]) {
    std::printf("  %-32s value %.4g", text_of(c["name"]).c_str(), c["matrix_flop"].get<double>());
    if (!c["in_values"].is_null()) std::printf(" (%.2f values)", c["in_values"].get<double>());
    if (!c["gradient_matrix_flop"].is_null()) std::printf(", with gradient %.4g", c["gradient_matrix_flop"].get<double>());
    if (!c["gradient_in_values"].is_null()) std::printf(" (%.2f values)", c["gradient_in_values"].get<double>());
    std::printf(", elementwise %.4g\n", c["other_flop"].get<double>());
  }
}

struct options {
  std::string json_file, graph, graph_of;
  bool latex = false;
};

}  // namespace

setup info(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.flag("--latex", o->latex, "formulas in LaTeX");
    line.option("--json", o->json_file, "write all of it to this file");
    line.option("--graph", o->graph, "draw the model after each pass of the compiler into this folder");
    line.option("--graph-of", o->graph_of,
                "the output, equation side or objective that is drawn; default: the first objective or equation");
    return [o, &program] {
      const json described = describe(program.model());
      write_json(o->json_file, described);
      print_text(described, o->latex);
      if (o->graph.empty() && !o->graph_of.empty()) throw error("--graph-of needs --graph FOLDER.");
      if (!o->graph.empty()) write_graphs(program.model(), o->graph, o->graph_of);
      return 0;
    };
  };
}

}  // namespace dimwise::commands
