// src/oracle/oracle_state.cpp: plans by what is wanted, differences put together, and the size of the terms of an expression.
#include "oracle_state.hpp"

#include <algorithm>
#include <cmath>

namespace dimwise {
namespace {

/// A walk over terms goes no deeper: a chain of products would be the only thing there.
constexpr int deepest_terms = 200;

double binomial(int n, int k) {
  double r = 1;
  for (int i = 1; i <= k; i++) r = r * (n - k + i) / i;
  return r;
}

template <class Number>
void raise(std::vector<Number>& at_least, const std::vector<Number>& by) {
  for (std::size_t c = 0; c < at_least.size(); c++) at_least[c] = std::max(at_least[c], by[by.size() == 1 ? 0 : c]);
}

}  // namespace

template <class Number>
typename basic_oracle<Number>::state::level_type& basic_oracle<Number>::state::level_of(int q) {
  q = std::max(q, least_order);
  auto& l = levels[q];
  if (!l) {
    // a power of two near 10^(-digits / (q + 2)): truncation u^2 and rounding 10^-digits / u^q are alike there
    const int bits = int(std::lround(std::numeric_limits<Number>::digits / double(q + 2)));
    l = std::make_unique<level_type>(recording, functions(), ldexp(Number(1), -bits));
    l->numbers.bind(&parameters, &sample, &exact_state);
  }
  return *l;
}

template <class Number>
void basic_oracle<Number>::state::rebind() {
  for (auto& [q, l] : levels) l->numbers.bind(&parameters, &sample, &exact_state);
}

template <class Number>
const detail::plan& basic_oracle<Number>::state::plan_of(level_type& l, const wanted& w) {
  const auto [it, added] = l.plans.try_emplace(w);
  if (added) {
    const auto [node, component, i, k, m] = w;
    std::vector<detail::request> requests;
    for (const auto& x : detail::stencil(k).taps)
      for (const auto& t : detail::stencil(m).taps)
        requests.push_back({node, l.places.moved(0, std::max(i, 0), x.first, t.first), component});
    it->second = l.places.make_plan(requests);
  }
  return it->second;
}

template <class Number>
std::vector<Number> basic_oracle<Number>::state::derivative(level_type& l, int node, int component, int i, int k, int m) {
  l.numbers.run(plan_of(l, {node, component, i, k, m}));
  const auto W = std::size_t(recording.nodes[node].k.width);
  const std::size_t first = l.places.components(node) == 1 ? 0 : std::size_t(component) * W;
  std::vector<Number> sum(W, Number(0));
  if (k == 0 && m == 0) {
    const auto& v = l.numbers.numbers(l.places.cell(node, 0));
    std::copy_n(v.begin() + std::ptrdiff_t(first), W, sum.begin());
    return sum;
  }
  const bool even = k % 2 == 0 && m % 2 == 0;
  for (const auto& x : detail::stencil(k).taps)
    for (const auto& t : detail::stencil(m).taps) {
      const auto& v = l.numbers.numbers(l.places.cell(node, l.places.moved(0, std::max(i, 0), x.first, t.first)));
      // even orders as differences to the middle, odd ones in pairs: constants give exactly zero
      const auto& middle = l.numbers.numbers(l.places.cell(node, 0));
      for (std::size_t c = 0; c < W; c++)
        sum[c] += x.second * t.second * (even ? Number(v[first + c] - middle[first + c]) : v[first + c]);
    }
  const Number scale = pow(l.numbers.step_size(), k + m);
  for (Number& s : sum) s /= scale;
  return sum;
}

template <class Number>
const std::vector<Number>& basic_oracle<Number>::state::largest(level_type& l, const wanted& w, int depth) {
  if (const auto it = terms.find(w); it != terms.end()) return it->second;
  const int id = std::get<0>(w), component = std::get<1>(w), i = std::get<2>(w), k = std::get<3>(w), m = std::get<4>(w);
  const node& n = recording.nodes[id];
  const auto magnitudes = [&](int node, int c, int kk, int mm) {
    auto v = derivative(l, node, c, i, kk, mm);
    for (Number& e : v) e = abs(e);
    return v;
  };
  std::vector<Number> most = magnitudes(id, component, k, m);
  const auto W = most.size();
  const auto of = [&](int node, int c, int kk, int mm) -> const std::vector<Number>& {
    return largest(l, {node, c, kk ? i : -1, kk, mm}, depth + 1);
  };
  const auto number = [](const std::vector<Number>& v, std::size_t c) -> const Number& { return v[v.size() == 1 ? 0 : c]; };
  const auto add_products = [&](int a, int b) {
    for (int p = 0; p <= k; p++)
      for (int q = 0; q <= m; q++) {
        const auto &x = of(a, component, p, q), &y = of(b, component, k - p, m - q);
        for (std::size_t c = 0; c < W; c++)
          most[c] = std::max(most[c], Number(binomial(k, p) * binomial(m, q) * number(x, c) * number(y, c)));
      }
  };
  // rows of a matrix times the derivative of its operand, from column `column` on; the bias
  const auto add_matrix = [&](int weight, int operand, int column) {
    const tensor& t = recording.tensors[weight];
    const int columns = t.shape[t.rank - 1], first = t.offset + (t.rank == 3 ? component * int(W) * columns : 0);
    const int parts = n.o == op::masked_input ? l.places.components(operand) : 1;
    for (int part = 0; part < parts; part++) {
      const auto x = magnitudes(operand, n.o == op::masked_input ? part : component, k, m);
      for (std::size_t r = 0; r < W; r++)
        for (std::size_t c = 0; c < x.size(); c++) {
          const Number& entry = parameters[std::size_t(first + int(r) * columns + column + part * int(x.size())) + c];
          if (entry != 0) most[r] = std::max(most[r], Number(abs(entry) * x[c]));
        }
    }
  };
  const auto add_bias = [&] {
    if (n.bias < 0 || k + m > 0) return;
    const tensor& b = recording.tensors[n.bias];
    for (std::size_t r = 0; r < W; r++) {
      const auto entry = std::size_t(b.offset + (b.rank == 2 ? component * int(W) : 0)) + r;
      most[r] = std::max(most[r], Number(abs(parameters[entry])));
    }
  };
  const auto add_part_of_operand = [&] {
    auto least = magnitudes(n.a, component, 0, 0);
    for (Number& e : least) e *= 1e-12;
    raise(most, least);
  };
  if (depth < deepest_terms) switch (n.o) {
      case op::add:
      case op::sub:
        raise(most, of(n.a, component, k, m));
        raise(most, of(n.b, component, k, m));
        break;
      case op::mul: add_products(n.a, n.b); break;
      case op::sq: add_products(n.a, n.a); break;
      case op::div: {
        const auto& x = of(n.a, component, k, m);
        const auto y = magnitudes(n.b, component, 0, 0);
        for (std::size_t c = 0; c < W; c++) most[c] = std::max(most[c], Number(number(x, c) / number(y, c)));
        break;
      }
      case op::frozen:
      case op::held:
      case op::slice:
      case op::concat:
      case op::sum_features:
      case op::detach: {
        if (n.o == op::detach && k + m) break;
        if (n.o == op::held && ((k && n.n & held_along_x) || (m && n.n & held_along_t))) break;
        const auto& x = of(n.a, component, k, m);
        for (std::size_t c = 0; c < x.size(); c++) {
          if (n.o == op::sum_features) most[0] = std::max(most[0], x[c]);
          const auto to = n.o == op::slice ? c - std::size_t(n.n) : c;
          if (n.o != op::sum_features && to < W) most[to] = std::max(most[to], x[c]);
        }
        if (n.o == op::concat) {
          const auto& y = of(n.b, component, k, m);
          for (std::size_t c = 0; c < y.size(); c++) most[x.size() + c] = std::max(most[x.size() + c], y[c]);
        }
        break;
      }
      case op::tanh: {  // vanishes where the terms of its argument cancel
        if (k + m) break;
        const auto& x = of(n.a, component, k, m);
        const std::vector<Number> value = most;
        for (std::size_t c = 0; c < W; c++) most[c] = std::max(most[c], Number((1 - value[c] * value[c]) * x[c]));
        break;
      }
      case op::unstack: {
        const auto& x = of(n.a, component, k, m);
        for (std::size_t c = 0; c < W; c++) most[c] = std::max(most[c], x[std::size_t(component) * W + c]);
        break;
      }
      case op::sum:
        for (int j = 0; j < l.places.components(n.a); j++) raise(most, of(n.a, j, k, m));
        break;
      case op::component: raise(most, of(n.a, n.n, k, m)); break;
      case op::sum_others:
        for (int j = 0; j < l.places.components(n.a); j++)
          if ((j < component && n.n <= 0) || (j > component && n.n >= 0)) raise(most, of(n.a, j, k, m));
        break;
      case op::shift:
        if (const int j = detail::shifted_from(recording, n, component); j >= 0) raise(most, of(n.a, j, k, m));
        break;
      case op::D: {
        if (k && i != component) break;
        const auto& x = largest(l, {n.a, component, component, k + n.n, m}, depth + 1);
        raise(most, x);
        add_part_of_operand();
        break;
      }
      case op::dt:
        raise(most, of(n.a, component, k, m + n.n));
        add_part_of_operand();
        break;
      case op::linear:
      case op::masked_hidden:
      case op::masked_input:
      case op::readout:
        add_matrix(n.weight, n.a, 0);
        if (n.o == op::readout && n.b >= 0) add_matrix(n.weight2, n.b, 0);
        if (n.o == op::masked_input && n.b >= 0)
          add_matrix(n.weight, n.b, l.places.components(n.a) * recording.nodes[n.a].k.width);
        add_bias();
        break;
      default: break;
    }
  return terms[w] = std::move(most);
}

template struct basic_oracle<wide_number>::state;
template struct basic_oracle<fifty_digits>::state;

}  // namespace dimwise
