// codegen/runner/ode_method.cpp: see ode_method.hpp.
#include "codegen/runner/ode_method.hpp"

#include <cctype>
#include <utility>

#include "dimwise/core/error.hpp"

namespace dimwise {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const std::vector<std::pair<std::string, ode_method>>& methods() {
  static const auto all = [] {
    std::vector<std::pair<std::string, ode_method>> list = {{"auto", {}}};
    for (const scheme s : all_schemes)
      list.push_back({lower(coefficients(s).name), {.what = ode_method::kind::runge_kutta, .scheme = s}});
    for (const auto& [formula, first] : {std::pair(multistep::bdf, "bdf"), std::pair(multistep::adams, "adams")})
      for (const auto& [how, second] :
           {std::pair(corrector::jacobi_newton, "jacobi-newton"), std::pair(corrector::newton, "newton"),
            std::pair(corrector::newton_krylov, "newton-krylov"), std::pair(corrector::functional, "functional")})
        list.push_back(
            {std::string(first) + "-" + second, {.what = ode_method::kind::multistep, .formula = formula, .how = how}});
    return list;
  }();
  return all;
}

}  // namespace

std::vector<std::string> ode_method_names() {
  std::vector<std::string> names;
  for (const auto& m : methods()) names.push_back(m.first);
  return names;
}

ode_method ode_method_of(const std::string& name, const std::string& flag) {
  std::string known;
  for (const auto& [text, method] : methods()) {
    if (text == lower(name)) return method;
    known += (known.empty() ? "" : ", ") + text;
  }
  throw error(flag + " '" + name + "' is unknown; it is one of " + known + ".");
}

ode_solution<double> solve_by(const ode_method& method, const ode_problem<double>& problem, const ode_start<double>& start,
                              const ode_method_settings& s, team& workers) {
  if (method.what == ode_method::kind::automatic) {
    solve_options o;
    o.rtol = s.rtol, o.atol = s.atol, o.atol_of = s.atol_of, o.most_steps = s.most_steps, o.save_at = s.save_at;
    return solve(problem, start, o, workers);
  }
  if (method.what == ode_method::kind::multistep) {
    implicit_options o;
    o.formula = method.formula, o.how = method.how;
    o.rtol = s.rtol, o.atol = s.atol, o.atol_of = s.atol_of, o.most_steps = s.most_steps, o.save_at = s.save_at;
    o.first_step = s.first_step, o.largest_step = s.largest_step;
    return solve_implicit(problem, start, o, workers);
  }
  explicit_options<double> o;
  o.method = method.scheme, o.fixed_steps = s.steps;
  o.rtol = s.rtol, o.atol = s.atol, o.atol_of = s.atol_of, o.most_steps = s.most_steps, o.save_at = s.save_at;
  o.first_step = s.first_step;
  if (s.largest_step > 0) o.largest_step = s.largest_step;
  explicit_memory<double> memory;
  return solve_explicit(problem, start, o, workers, memory);
}

}  // namespace dimwise
