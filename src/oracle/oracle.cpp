// src/oracle/oracle.cpp: requests to the oracle turned into plans, and derivatives put together from them.
#include "../../include/dimwise/oracle/oracle.hpp"

#include <iterator>
#include <set>
#include <string>

#include "../../include/dimwise/core/error.hpp"
#include "evaluation.hpp"
#include "oracle_state.hpp"

namespace dimwise {

template <class Number>
basic_oracle<Number>::basic_oracle(const table& recording) : state_(std::make_unique<state>(recording)) {}
template <class Number>
basic_oracle<Number>::~basic_oracle() = default;
template <class Number>
basic_oracle<Number>::basic_oracle(basic_oracle&&) noexcept = default;

template <class Number>
const table& basic_oracle<Number>::recording() const {
  return state_->recording;
}

template <class Number>
void basic_oracle<Number>::set_parameters(const std::vector<double>& parameters) {
  if (int(parameters.size()) != state_->recording.parameters)
    throw error("The recording has " + std::to_string(state_->recording.parameters) + " parameters, but " +
                std::to_string(parameters.size()) + " were given to the oracle: pass the whole parameter vector.");
  state_->parameters.assign(parameters.begin(), parameters.end());
  state_->rebind();
}

template <class Number>
void basic_oracle<Number>::set_sample(const sample_inputs& sample) {
  state_->sample = sample;
  state_->exact_state.clear();
  state_->rebind();
}

template <class Number>
void basic_oracle<Number>::set_exactly(const std::vector<Number>& parameters, const std::vector<Number>& exact,
                                       const Number& time) {
  state_->parameters = parameters;
  state_->exact_state = exact;
  state_->exact_state.push_back(time);
  state_->rebind();
}

template <class Number>
std::vector<Number> basic_oracle<Number>::value(int node) {
  state& s = *state_;
  auto& l = s.level_of(s.orders[std::size_t(node)]);
  l.numbers.run(s.plan_of(l, {node, -1, -1, 0, 0}));
  return l.numbers.numbers(l.places.cell(node, 0));
}

template <class Number>
std::vector<Number> basic_oracle<Number>::component(int node, int i) {
  return dense_derivative(node, i, 0, 0);
}

template <class Number>
std::vector<Number> basic_oracle<Number>::dense_derivative(int node, int i, int k, int l) {
  state& s = *state_;
  return s.derivative(s.level_of(s.orders[std::size_t(node)] + k + l), node, i, i, k, l);
}

template <class Number>
std::vector<Number> basic_oracle<Number>::input_derivative(int node, int of, int i) {
  state& s = *state_;
  return s.derivative(s.level_of(s.orders[std::size_t(node)] + 1), node, of, i, i >= 0 ? 1 : 0, i >= 0 ? 0 : 1);
}

template <class Number>
std::vector<Number> basic_oracle<Number>::parameter_derivatives(int node, int parameter) {
  state& s = *state_;
  auto& l = s.level_of(s.orders[std::size_t(node)] + 1);
  const auto& steps = s.plan_of(l, {node, -1, -1, 0, 0});
  l.numbers.run(steps);
  const int cell = l.places.cell(node, 0);
  const Number& u = l.numbers.step_size();
  l.numbers.run_changed(steps, parameter, u);
  std::vector<Number> result = l.numbers.changed_numbers(cell);
  l.numbers.run_changed(steps, parameter, Number(-u));
  const auto& down = l.numbers.changed_numbers(cell);
  const Number scale = 1 / (2 * u);
  for (std::size_t e = 0; e < result.size(); e++) result[e] = (result[e] - down[e]) * scale;
  return result;
}

template <class Number>
bool basic_oracle<Number>::reaches(const table& recording, int parameter, int node) {
  return detail::changed_nodes(recording, parameter)[std::size_t(node)];
}

template <class Number>
void basic_oracle<Number>::share_lattice_of_order(int q) {
  state_->least_order = q;
}

template <class Number>
Number basic_oracle<Number>::exact_relative(int equation) {
  state& s = *state_;
  const equation_entry& e = s.recording.equations[equation];
  if (e.relative < 0) throw error("Equation \"" + std::string(e.name.view()) + "\" has no relative form.");
  // the factors of the relative form that the residual itself does not hold
  std::set<int> exponents, own;
  for (const int root : {e.residual, e.relative}) {
    std::vector<char> reached(std::size_t(root) + 1, 0);
    reached[std::size_t(root)] = 1;
    for (int i = root; i >= 0; i--) {
      if (!reached[std::size_t(i)]) continue;
      const node& n = s.recording.nodes[i];
      if (n.a >= 0) reached[std::size_t(n.a)] = 1;
      if (n.b >= 0) reached[std::size_t(n.b)] = 1;
      if (n.o == op::exp_relative) (root == e.residual ? own : exponents).insert(n.a);
    }
  }
  for (const int a : own) exponents.erase(a);
  // those of one density seen along several states have its value
  while (exponents.size() > 1 && value(*exponents.begin()) == value(*exponents.rbegin()))
    exponents.erase(std::prev(exponents.end()));
  if (exponents.size() != 1)
    throw error("The relative form of equation \"" + std::string(e.name.view()) + "\" holds " + std::to_string(exponents.size()) +
                " factors exp(a - value of a) of its own; it can be compared with residual / p where there is one.");
  const Number residual = value(e.residual)[0], exponent = value(*exponents.begin())[0];
  return residual * state::functions().exp(Number(-exponent));
}

template <class Number>
std::vector<Number> basic_oracle<Number>::largest_terms(int node) {
  state& s = *state_;
  value(node);
  auto& l = s.level_of(s.orders[std::size_t(node)]);
  const int components = l.places.components(node);
  std::vector<Number> all;
  s.terms.clear();
  for (int i = 0; i < components; i++)
    for (const Number& m : s.largest(l, {node, i, -1, 0, 0}, 0)) all.push_back(m);
  return all;
}

template class basic_oracle<wide_number>;
template class basic_oracle<fifty_digits>;

}  // namespace dimwise
