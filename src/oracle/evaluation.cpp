// src/oracle/evaluation.cpp: evaluation of the recorded operations as ir/node.hpp defines them, with dense matrices.
#include "evaluation.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <boost/math/special_functions/erf.hpp>

#include "../../include/dimwise/core/error.hpp"

namespace dimwise::detail {

template <class Number>
void evaluation<Number>::bind(const std::vector<Number>* parameters, const sample_inputs* sample,
                              const std::vector<Number>* exact_state) {
  parameters_ = parameters;
  sample_ = sample;
  exact_state_ = exact_state;
  for (auto& k : known_) k.clear();
  stamp_ = 0;
  for (auto& c : changed_) c.stamp = 0;
}

template <class Number>
void evaluation<Number>::run(const plan& steps) {
  stamp_ = 0;
  values_.resize(std::size_t(places_.cells()));
  known_.resize(values_.size());
  changed_.resize(values_.size());
  for (const step& s : steps) {
    const int id = places_.key(s.cell).node;
    auto& known = known_[std::size_t(s.cell)];
    auto& numbers = values_[std::size_t(s.cell)];
    if (known.empty()) {
      known.assign(std::size_t(places_.components(id)), 0);
      numbers.resize(std::size_t(numbers_of(id)));
    }
    for (std::size_t j = 0; j < s.components.size(); j++) {
      if (known[std::size_t(s.components[j])]) continue;
      known[std::size_t(s.components[j])] = 1;
      compute(s, int(j), numbers);
    }
  }
}

template <class Number>
void evaluation<Number>::compute_leaf(const node& n, int place_id, int component, Number* out) const {
  const place& p = places_.at(place_id);
  const auto W = std::size_t(n.k.width), first = std::size_t(component) * W;
  switch (n.o) {
    case op::literal: out[0] = n.value; break;
    case op::constant:
      out[0] = sample_->constants.empty() ? t_.constants[n.n].value : sample_->constants[std::size_t(n.n)];
      break;
    case op::time:
      if (exact_state_->empty()) out[0] = sample_->time;
      else out[0] = exact_state_->back();
      if (p.t) out[0] += p.t * u_;
      break;
    case op::along: out[0] = p.t * u_; break;
    case op::state: {
      if (exact_state_->empty()) out[0] = sample_->state.empty() ? 0.0 : sample_->state[std::size_t(component)];
      else out[0] = (*exact_state_)[std::size_t(component)];
      for (const auto& [coordinate, steps] : p.x)
        if (coordinate == component) out[0] += steps * u_;
      break;
    }
    case op::index: out[0] = component; break;
    case op::indicator: out[0] = component == n.n ? 1 : 0; break;
    case op::parameter:
      for (std::size_t f = 0; f < W; f++) {
        const int index = int(first + f) + t_.tensors[n.weight].offset;
        out[f] = (*parameters_)[std::size_t(index)];
        if (stamp_ && index == entry_) out[f] += by_;
      }
      break;
    default: {  // input, input_per_dim
      const bool given = std::size_t(n.n) < sample_->inputs.size() && !sample_->inputs[std::size_t(n.n)].empty();
      for (std::size_t f = 0; f < W; f++) out[f] = given ? sample_->inputs[std::size_t(n.n)][first + f] : 0.0;
    }
  }
}

template <class Number>
Number evaluation<Number>::pointwise(const node& n, const Number& a, const Number& b) const {
  switch (n.o) {
    case op::add: return a + b;
    case op::sub: return a - b;
    case op::mul: return a * b;
    case op::div: return a / b;
    case op::pow: return a == 0 && b > 0 ? a : f_.exp(Number(b * f_.log(a)));
    case op::exp: return f_.exp(a);
    case op::log: return f_.log(a);
    case op::tanh: return f_.tanh(a);
    case op::softplus: return f_.softplus(a);
    case op::sigmoid: return f_.sigmoid(a);
    case op::erf: return boost::math::erf(a);
    case op::erfc: return boost::math::erfc(a);
    case op::normal_cdf: {
      const Number root_half = sqrt(Number(0.5));
      return boost::math::erfc(Number(-a * root_half)) / 2;
    }
    case op::expm1: return f_.expm1(a);
    case op::log1p: return f_.log1p(a);
    case op::tan: return tan(a);
    case op::asin: return asin(a);
    case op::acos: return acos(a);
    case op::atan: return atan(a);
    case op::sinh: return f_.sinh(a);
    case op::cosh: return f_.cosh(a);
    case op::cbrt: return f_.cbrt(a);
    case op::relu: return a > 0 ? a : Number(0);
    case op::abs: return a >= 0 ? a : Number(-a);
    case op::sin: return sin(a);
    case op::cos: return cos(a);
    case op::sqrt: return sqrt(a);
    case op::sq: return a * a;
    case op::power: return f_.power(a, n.value);
    case op::exp_relative: return a == b ? Number(1) : f_.exp(Number(a - b));
    default: return a;  // frozen, held, detach
  }
}

template <class Number>
void evaluation<Number>::compute_matrix(const step& s, int component, Number* out) const {
  const node& n = at(places_.key(s.cell).node);
  const auto product = [&](const tensor& w, int first, int rows, int columns, const std::vector<Number>& v, std::size_t v_first,
                           int column, int used) {
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < used; c++) out[r] += weight(w, first + r * columns + column + c) * v[v_first + std::size_t(c)];
  };
  const tensor& w = t_.tensors[n.weight];
  const int rows = n.k.width;
  for (int r = 0; r < rows; r++) out[r] = 0;
  if (n.bias >= 0) {
    const tensor& b = t_.tensors[n.bias];
    const int first = b.rank == 2 ? component * rows : 0;
    for (int r = 0; r < rows; r++) out[r] = weight(b, first + r);
  }
  const auto& a = values_[std::size_t(s.a)];
  if (n.o == op::linear) {
    const int in = at(n.a).k.width;
    const auto first = at(n.a).k.l == level::dim ? std::size_t(component) * std::size_t(in) : 0;
    product(w, w.rank == 3 ? component * rows * in : 0, rows, in, a, first, 0, in);
  } else if (n.o == op::readout) {
    product(w, component * rows * w.shape[2], rows, w.shape[2], a, 0, 0, w.shape[2]);
    if (n.b < 0) return;
    const tensor& w2 = t_.tensors[n.weight2];
    product(w2, component * rows * w2.shape[2], rows, w2.shape[2], values_[std::size_t(s.b)], 0, 0, w2.shape[2]);
  } else {
    const int columns = w.shape[1], own = int(a.size());
    product(w, 0, rows, columns, a, 0, 0, own);
    if (s.b >= 0) product(w, 0, rows, columns, values_[std::size_t(s.b)], 0, own, columns - own);
  }
}

template <class Number>
void evaluation<Number>::compute(const step& s, int nth, std::vector<Number>& numbers) const {
  const cell_key k = places_.key(s.cell);
  const node& n = at(k.node);
  const auto W = std::size_t(n.k.width);
  const int i = s.components[std::size_t(nth)];
  Number* out = numbers.data() + std::size_t(i) * W;
  // numbers of an operand's component i; nothing for no operand
  const auto part = [&](int cell, int operand) -> const Number* {
    return changed_numbers(cell).data() + (at(operand).k.l == level::dim ? std::size_t(i) * std::size_t(at(operand).k.width) : 0);
  };
  const auto width = [&](int operand) { return std::size_t(at(operand).k.width); };
  switch (n.o) {
    case op::literal:
    case op::constant:
    case op::time:
    case op::along:
    case op::input:
    case op::input_per_dim:
    case op::state:
    case op::index:
    case op::indicator:
    case op::parameter: compute_leaf(n, k.place, i, out); break;
    case op::linear:
    case op::masked_input:
    case op::masked_hidden:
    case op::readout: compute_matrix(s, i, out); break;
    case op::logsumexp: {
      const Number* a = part(s.a, n.a);
      const Number largest = *std::max_element(a, a + width(n.a));
      Number total = 0;
      for (std::size_t c = 0; c < width(n.a); c++) total += f_.exp(Number(a[c] - largest));
      out[0] = largest + f_.log(total);
      break;
    }
    case op::sum_features: {
      const Number* a = part(s.a, n.a);
      out[0] = 0;
      for (std::size_t c = 0; c < width(n.a); c++) out[0] += a[c];
      break;
    }
    case op::concat: {
      const Number *a = part(s.a, n.a), *b = part(s.b, n.b);
      for (std::size_t c = 0; c < W; c++) out[c] = c < width(n.a) ? a[c] : b[c - width(n.a)];
      break;
    }
    case op::choose: {
      const Number *a = part(s.a, n.a), *b = part(s.b, n.b);
      for (std::size_t c = 0; c < W; c++) {
        const Number& sign = a[width(n.a) == 1 ? 0 : c];
        out[c] = (n.n == 1 ? sign >= 0 : sign > 0) ? b[c] : b[W + c];
      }
      break;
    }
    case op::slice: std::copy_n(part(s.a, n.a) + n.n, W, out); break;
    case op::unstack: std::copy_n(part(s.a, n.a) + std::size_t(i) * W, W, out); break;
    case op::sum: {
      const auto& a = changed_numbers(s.a);
      for (std::size_t c = 0; c < W; c++) {
        out[c] = 0;
        for (int j = 0; j < t_.d; j++) out[c] += at(n.a).k.l == level::dim ? a[std::size_t(j) * W + c] : a[c];
      }
      break;
    }
    case op::component: std::copy_n(changed_numbers(s.a).begin() + std::ptrdiff_t(std::size_t(n.n) * W), W, out); break;
    case op::sum_others: {
      const auto& a = changed_numbers(s.a);
      for (std::size_t c = 0; c < W; c++) {
        out[c] = 0;
        for (int j = 0; j < t_.d; j++)
          if ((j < i && n.n <= 0) || (j > i && n.n >= 0)) out[c] += a[std::size_t(j) * W + c];
      }
      break;
    }
    case op::shift: {
      const int j = shifted_from(t_, n, i);
      const auto& a = changed_numbers(s.a);
      for (std::size_t c = 0; c < W; c++) out[c] = j < 0 ? Number(0) : a[std::size_t(j) * W + c];
      break;
    }
    case op::D:
    case op::dt: {
      const auto& taps = n.o == op::D ? s.taps[std::size_t(nth)] : s.taps[0];
      for (std::size_t c = 0; c < W; c++) out[c] = 0;
      // pairs as differences, and a middle one as differences to it, so that constants give exactly zero
      const bool even = n.n % 2 == 0;
      const Number* middle = even ? part(taps.back().cell, n.a) : nullptr;
      for (const auto& [cell, w] : taps) {
        const Number* a = part(cell, n.a);
        for (std::size_t c = 0; c < W; c++) out[c] += w * (even ? Number(a[c] - middle[c]) : a[c]);
      }
      // What rounding the values may have left is zero: its sign would decide conditions on derivatives that are zero everywhere.
      for (std::size_t c = 0; c < W; c++) {
        Number rounding = 0;
        for (const auto& [cell, w] : taps) rounding += abs(Number(w * part(cell, n.a)[c]));
        if (abs(out[c]) <= 16 * std::numeric_limits<Number>::epsilon() * rounding) out[c] = 0;
      }
      if (n.n == 0)
        for (std::size_t c = 0; c < W; c++) out[c] = middle[c];
      const Number scale = pow(u_, n.n);
      for (std::size_t c = 0; c < W; c++) out[c] /= scale;
      break;
    }
    default: {
      const Number* a = part(s.a, n.a);
      const int second = n.o == op::exp_relative ? s.base : s.b;
      const int operand = n.o == op::exp_relative ? n.a : n.b;
      const Number* b = second >= 0 ? part(second, operand) : nullptr;
      const bool repeat_a = width(n.a) == 1, repeat_b = b && width(operand) == 1;
      for (std::size_t c = 0; c < W; c++) out[c] = pointwise(n, a[repeat_a ? 0 : c], b ? b[repeat_b ? 0 : c] : a[0]);
    }
  }
}

#define DIMWISE_INSTANTIATE(Number)                                                                                     \
  template void evaluation<Number>::bind(const std::vector<Number>*, const sample_inputs*, const std::vector<Number>*); \
  template void evaluation<Number>::run(const plan&);                                                                   \
  template void evaluation<Number>::compute(const step&, int, std::vector<Number>&) const;                              \
  template Number evaluation<Number>::pointwise(const node&, const Number&, const Number&) const;
DIMWISE_INSTANTIATE(wide_number)
DIMWISE_INSTANTIATE(fifty_digits)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise::detail
