// src/oracle/evaluation_change.cpp: evaluation again after one parameter was changed, of what that changes only.
#include <algorithm>

#include "../../include/dimwise/ir/jet_program.hpp"
#include "evaluation.hpp"

namespace dimwise::detail {

template <class Number>
void evaluation<Number>::run_changed(const plan& steps, int entry, const Number& by) {
  const auto tensor_of = [&](int e) {
    for (int w = 0; w < t_.tensor_count; w++)
      if (e >= t_.tensors[w].offset && e < t_.tensors[w].offset + t_.tensors[w].size()) return w;
    return -1;
  };
  if (found_for_ != tensor_of(entry)) {
    node_changes_ = changed_nodes(t_, entry);
    found_for_ = tensor_of(entry);
  }
  entry_ = entry;
  by_ = by;
  stamp_ = ++last_stamp_;
  for (const step& s : steps) {
    const int id = places_.key(s.cell).node;
    if (!node_changes_[std::size_t(id)]) continue;
    const auto touched = [&](int c) { return c >= 0 && is_changed(c); };
    const node& n = at(id);
    bool any = n.weight >= 0 || n.weight2 >= 0 || n.bias >= 0 || touched(s.a) || touched(s.b) || touched(s.base);
    for (const auto& taps : s.taps)
      for (const auto& t : taps) any = any || touched(t.cell);
    if (!any) continue;
    auto& cell = changed_[std::size_t(s.cell)];
    cell.numbers = values_[std::size_t(s.cell)];
    cell.differs.assign(cell.numbers.size(), 0);
    bool differs = false;
    for (std::size_t j = 0; j < s.components.size(); j++) differs = change(s, int(j), cell) || differs;
    if (differs) cell.stamp = stamp_;
  }
}

template <class Number>
bool evaluation<Number>::add_change_of_product(const tensor& w, int first, int rows, int columns, int operand,
                                               std::size_t operand_first, Number* out, int column, int used) const {
  bool any = false;
  const auto& before = values_[std::size_t(operand)];
  if (is_changed(operand)) {
    const auto& now = changed_[std::size_t(operand)];
    for (int c = 0; c < used; c++) {
      const auto at_operand = operand_first + std::size_t(c);
      if (!now.differs[at_operand]) continue;
      const Number difference = now.numbers[at_operand] - before[at_operand];
      for (int r = 0; r < rows; r++) {
        const Number& entry = weight(w, first + r * columns + column + c);
        if (entry != 0) out[r] += entry * difference;
      }
      any = true;
    }
  }
  const int place = entry_ - w.offset - first;
  if (place >= 0 && place < rows * columns) {
    const int r = place / columns, c = place % columns - column;
    if (c >= 0 && c < used) {
      out[r] += by_ * changed_numbers(operand)[operand_first + std::size_t(c)];
      any = true;
    }
  }
  return any;
}

template <class Number>
bool evaluation<Number>::add_change_of_bias(int bias, int first, int rows, Number* out) const {
  if (bias < 0) return false;
  const int r = entry_ - t_.tensors[bias].offset - first;
  if (r < 0 || r >= rows || r + first >= t_.tensors[bias].size()) return false;
  out[r] += by_;
  return true;
}

template <class Number>
bool evaluation<Number>::change_matrix(const step& s, int i, Number* out) const {
  const node& n = at(places_.key(s.cell).node);
  const tensor& w = t_.tensors[n.weight];
  const int rows = n.k.width;
  bool any = n.bias >= 0 && add_change_of_bias(n.bias, t_.tensors[n.bias].rank == 2 ? i * rows : 0, rows, out);
  const auto add = [&](const tensor& m, int first, int columns, int operand, std::size_t operand_first, int column, int used) {
    any = add_change_of_product(m, first, rows, columns, operand, operand_first, out, column, used) || any;
  };
  if (n.o == op::linear) {
    const int in = at(n.a).k.width;
    add(w, w.rank == 3 ? i * rows * in : 0, in, s.a, at(n.a).k.l == level::dim ? std::size_t(i) * std::size_t(in) : 0, 0, in);
  } else if (n.o == op::readout) {
    add(w, i * rows * w.shape[2], w.shape[2], s.a, 0, 0, w.shape[2]);
    if (n.b < 0) return any;
    const tensor& w2 = t_.tensors[n.weight2];
    add(w2, i * rows * w2.shape[2], w2.shape[2], s.b, 0, 0, w2.shape[2]);
  } else {
    const int columns = w.shape[1], own = int(values_[std::size_t(s.a)].size());
    add(w, 0, columns, s.a, 0, 0, own);
    if (s.b >= 0) add(w, 0, columns, s.b, 0, own, columns - own);
  }
  return any;
}

template <class Number>
void evaluation<Number>::change_pointwise(const step& s, int i, change_of_cell& cell) const {
  const node& n = at(places_.key(s.cell).node);
  const auto W = std::size_t(n.k.width), first = std::size_t(i) * W;
  const auto operand_first = [&](int operand) {
    return at(operand).k.l == level::dim ? std::size_t(i) * std::size_t(at(operand).k.width) : 0;
  };
  const auto differs = [&](int c, std::size_t index) { return is_changed(c) && changed_[std::size_t(c)].differs[index]; };
  const int second = n.o == op::exp_relative ? s.base : s.b, operand = n.o == op::exp_relative ? n.a : n.b;
  for (std::size_t c = 0; c < W; c++) {
    const auto ia = operand_first(n.a) + (at(n.a).k.width == 1 ? 0 : c);
    const auto ib = second < 0 ? 0 : operand_first(operand) + (at(operand).k.width == 1 ? 0 : c);
    if (!differs(s.a, ia) && !(second >= 0 && differs(second, ib))) continue;
    cell.numbers[first + c] = pointwise(n, changed_numbers(s.a)[ia], second < 0 ? Number(0) : changed_numbers(second)[ib]);
  }
}

template <class Number>
bool evaluation<Number>::change(const step& s, int nth, change_of_cell& cell) {
  const cell_key k = places_.key(s.cell);
  const node& n = at(k.node);
  const int i = s.components[std::size_t(nth)];
  const auto W = std::size_t(n.k.width), first = std::size_t(i) * W;
  switch (n.o) {
    case op::linear:
    case op::masked_input:
    case op::masked_hidden:
    case op::readout:
      if (!change_matrix(s, i, cell.numbers.data() + first)) return false;
      break;
    case op::add:
    case op::sub:
    case op::mul:
    case op::div:
    case op::pow:
    case op::sq: change_pointwise(s, i, cell); break;
    default:
      if (function_of(n.o) != function::none) change_pointwise(s, i, cell);
      else compute(s, nth, cell.numbers);
  }
  bool any = false;
  const auto& before = values_[std::size_t(s.cell)];
  for (std::size_t c = first; c < first + W; c++) {
    cell.differs[c] = cell.numbers[c] != before[c];
    any = any || cell.differs[c];
  }
  return any;
}

#define DIMWISE_INSTANTIATE(Number)                                                                                \
  template void evaluation<Number>::run_changed(const plan&, int, const Number&);                                  \
  template bool evaluation<Number>::change_matrix(const step&, int, Number*) const;                                \
  template void evaluation<Number>::change_pointwise(const step&, int, evaluation<Number>::change_of_cell&) const; \
  template bool evaluation<Number>::change(const step&, int, evaluation<Number>::change_of_cell&);
DIMWISE_INSTANTIATE(wide_number)
DIMWISE_INSTANTIATE(fifty_digits)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise::detail
