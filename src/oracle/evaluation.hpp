// src/oracle/evaluation.hpp: numbers of the cells of a lattice, and their change when one parameter is changed.
#pragma once
#include <vector>

#include "../../include/dimwise/oracle/number.hpp"
#include "../../include/dimwise/oracle/sample.hpp"
#include "elementary.hpp"
#include "lattice.hpp"

namespace dimwise::detail {

/// Carries out plans. `step_size` is the length of a whole step of the lattice.
template <class Number>
class evaluation {
 public:
  evaluation(const table& recording, lattice& places, const elementary<Number>& functions, const Number& step_size)
      : t_(recording), places_(places), f_(functions), u_(step_size) {}

  /// Forget all numbers; both must stay in place while `run` is used.
  void bind(const std::vector<Number>* parameters, const sample_inputs* sample, const std::vector<Number>* exact_state);

  /// Computes what is not yet known.
  void run(const plan& steps);
  /// After `run`: the same with parameter `entry` moved by `change`. Only entries of cells whose operands changed are computed
  /// again.
  void run_changed(const plan& steps, int entry, const Number& change);

  const std::vector<Number>& numbers(int cell) const { return values_[std::size_t(cell)]; }
  const std::vector<Number>& changed_numbers(int cell) const {
    return is_changed(cell) ? changed_[std::size_t(cell)].numbers : values_[std::size_t(cell)];
  }
  const Number& step_size() const { return u_; }

 private:
  struct change_of_cell {
    std::vector<Number> numbers;
    std::vector<char> differs;
    std::uint64_t stamp = 0;
  };

  bool is_changed(int cell) const {
    return cell >= 0 && std::size_t(cell) < changed_.size() && changed_[std::size_t(cell)].stamp == stamp_ && stamp_ != 0;
  }
  /// Numbers of a node: components times width.
  int numbers_of(int node) const { return places_.components(node) * t_.nodes[node].k.width; }
  const node& at(int node) const { return t_.nodes[node]; }
  const Number& weight(const tensor& w, int index) const { return (*parameters_)[std::size_t(w.offset + index)]; }

  void compute(const step& s, int component, std::vector<Number>& out) const;
  void compute_leaf(const node& n, int place, int component, Number* out) const;
  void compute_matrix(const step& s, int component, Number* out) const;
  Number pointwise(const node& n, const Number& a, const Number& b) const;

  bool change(const step& s, int component, change_of_cell& out);
  void change_pointwise(const step& s, int component, change_of_cell& out) const;
  bool change_matrix(const step& s, int component, Number* out) const;
  /// out[row] += (W' - W) a + W' (a' - a) for one product of `rows` rows; the matrix starts at `first` in tensor w.
  bool add_change_of_product(const tensor& w, int first, int rows, int columns, int operand, std::size_t operand_first,
                             Number* out, int column, int used) const;
  bool add_change_of_bias(int bias, int first, int rows, Number* out) const;

  table t_;
  lattice& places_;
  const elementary<Number>& f_;
  Number u_;
  const std::vector<Number>* parameters_ = nullptr;
  const sample_inputs* sample_ = nullptr;
  const std::vector<Number>* exact_state_ = nullptr;  ///< where not empty: coordinates, then the time
  std::vector<std::vector<Number>> values_;
  std::vector<std::vector<char>> known_;
  std::vector<change_of_cell> changed_;
  std::uint64_t stamp_ = 0, last_stamp_ = 0;  ///< stamp_ = 0: the parameters as they are
  int entry_ = -1, found_for_ = -1;
  Number by_ = 0;
  std::vector<char> node_changes_;
};

}  // namespace dimwise::detail
