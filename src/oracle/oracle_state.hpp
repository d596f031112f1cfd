// src/oracle/oracle_state.hpp: what an oracle keeps: one lattice for each total order of differentiation, and its plans.
#pragma once
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "../../include/dimwise/oracle/oracle.hpp"
#include "evaluation.hpp"

namespace dimwise {

/// A lattice with its step and numbers.
template <class Number>
struct oracle_level {
  oracle_level(const table& recording, const detail::elementary<Number>& functions, const Number& step_size)
      : places(recording), numbers(recording, places, functions, step_size) {}
  detail::lattice places;
  detail::evaluation<Number> numbers;
  std::map<std::tuple<int, int, int, int, int>, detail::plan> plans;
};

template <class Number>
struct basic_oracle<Number>::state {
  using level_type = oracle_level<Number>;
  /// D^(k) by coordinate i and dt^(l) of component c of a node; c = -1: all components, i = -1: none.
  using wanted = std::tuple<int, int, int, int, int>;

  explicit state(const table& t) : recording(t), orders(detail::total_orders(t)) {}

  static const detail::elementary<Number>& functions() {
    static const detail::elementary<Number> f;
    return f;
  }
  level_type& level_of(int q);
  const detail::plan& plan_of(level_type& l, const wanted& w);
  void rebind();
  std::vector<Number> derivative(level_type& l, int node, int component, int i, int k, int m);
  const std::vector<Number>& largest(level_type& l, const wanted& w, int depth);

  table recording;
  std::vector<int> orders;
  int least_order = 0;
  std::vector<Number> parameters;
  sample_inputs sample;
  std::vector<Number> exact_state;  ///< coordinates, then the time; empty: those of the sample
  std::map<int, std::unique_ptr<level_type>> levels;
  std::map<wanted, std::vector<Number>> terms;
};

}  // namespace dimwise
