// solvers/runge_kutta_chunk.hpp: the stages of one step for the samples that one thread holds.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include <dimwise/core/aligned.hpp>
#include <dimwise/solvers/ode.hpp>
#include <dimwise/solvers/runge_kutta.hpp>

namespace dimwise::detail {

/// Rows of n samples: state x and carried q, the stages of a step, and what the kernel needs. All arrays are [sample][..].
template <class T>
struct runge_kutta_chunk {
  std::size_t d = 1, q = 0, capacity = 0, n = 0;
  const runge_kutta_table* table = nullptr;
  const kernel_interface<T>* kernel = nullptr;
  bool carries = true;  ///< false: only f is evaluated, `carried` stays
  const ode_problem<T>* problem = nullptr;
  const T* prepared = nullptr;  ///< parameters for the kernel that evaluates; null: none
  aligned_vector<T> x, carried, next, next_carried, stage_x, kernel_time, lengths, workspace;
  aligned_vector<T> k[runge_kutta_table::most_stages], rates[runge_kutta_table::most_stages];  ///< rates: [quantity][sample]
  std::vector<double> time, length;                                                            ///< of the samples' steps
  std::vector<aligned_vector<T>> inputs;
  std::vector<const T*> input_pointers;
  aligned_vector<T> constants;

  void reserve(const ode_problem<T>& p, const runge_kutta_table& t, std::size_t samples) {
    problem = &p, table = &t;
    kernel = &p.kernels->whole();
    d = p.dims(), q = p.carried();
    capacity = std::max(capacity, samples);
    const auto grow = [](auto& v, std::size_t size) {
      if (v.size() < size) v.resize(size);
    };
    for (auto* v : {&x, &next, &stage_x, &lengths}) grow(*v, capacity * d);
    for (auto* v : {&carried, &next_carried}) grow(*v, capacity * q);
    for (int i = 0; i < t.stages; i++) grow(k[i], capacity * d), grow(rates[i], capacity * q);
    grow(kernel_time, capacity);
    grow(time, capacity), grow(length, capacity);
    grow(workspace, std::max(kernel->evaluate_workspace(), p.kernels->field ? p.kernels->field->evaluate_workspace() : 0));
    const auto& r = *p.recording;
    inputs.resize(std::size_t(r.input_count));
    input_pointers.resize(inputs.size());
    for (std::size_t j = 0; j < inputs.size(); j++) grow(inputs[j], capacity * input_width(j));
    constants.clear();
    for (int j = 0; j < r.constant_count; j++) constants.push_back(p.constants ? p.constants[j] : T(r.constants[j].value));
  }
  std::size_t input_width(std::size_t slot) const {
    const input_slot& s = problem->recording->inputs[slot];
    return std::size_t(s.width) * (s.l == level::dim ? d : 1);
  }
  /// Takes over samples [begin, begin + count) of the start.
  void begin(const ode_start<T>& start, std::size_t first, std::size_t count) {
    n = count;
    std::copy_n(start.state + first * d, n * d, x.begin());
    if (start.carried) std::copy_n(start.carried + first * q, n * q, carried.begin());
    else std::fill_n(carried.begin(), n * q, T(0));
    for (std::size_t j = 0; j < inputs.size(); j++) {
      const std::size_t w = input_width(j);
      if (problem->inputs && problem->inputs[j]) std::copy_n(problem->inputs[j] + first * w, n * w, inputs[j].begin());
    }
  }
  arguments<T> kernel_arguments(const T* state) {
    for (std::size_t j = 0; j < inputs.size(); j++) input_pointers[j] = inputs[j].data();
    return {n, state, kernel_time.data(), input_pointers.data(), constants.data()};
  }
  /// f and the carried rates at `state` and the times in kernel_time, into stage i.
  void evaluate(const T* state, int i) {
    arguments<T> in = kernel_arguments(state);
    in.prepared = prepared;
    T* out[1 + most_carried] = {k[i].data()};
    for (std::size_t j = 0; j < q && carries; j++) out[1 + j] = rates[i].data() + j * capacity;
    (carries ? *kernel : *problem->kernels->field).evaluate(problem->parameters, in, 0, n, out, workspace.data());
  }
  /// The lengths of the steps, repeated for each coordinate.
  void spread_lengths() {
    for (std::size_t s = 0; s < n; s++) std::fill_n(lengths.begin() + std::ptrdiff_t(s * d), d, T(length[s]));
  }
  /// to = x + h sum_j weight_j k_j over the first `count` stages.
  void combine(const double* weight, int count, T* to) const {
    const T* kept[runge_kutta_table::most_stages];
    T w[runge_kutta_table::most_stages];
    int m = 0;
    for (int j = 0; j < count; j++)
      if (weight[j] != 0) kept[m] = k[j].data(), w[m++] = T(weight[j]);
    const std::size_t all = n * d;
    const T *from = x.data(), *h = lengths.data();
    constexpr std::size_t tile = 512;
    T sum[tile];
    for (std::size_t e = 0; e < all; e += tile) {
      const std::size_t size = std::min(tile, all - e);
      std::fill_n(sum, size, T(0));
      for (int j = 0; j < m; j++)
        for (std::size_t i = 0; i < size; i++) sum[i] += w[j] * kept[j][e + i];
      for (std::size_t i = 0; i < size; i++) to[e + i] = from[e + i] + h[e + i] * sum[i];
    }
  }
  void combine_carried(const double* weight, int count, T* to) const {
    for (std::size_t s = 0; s < n; s++)
      for (std::size_t j = 0; j < q; j++) {
        T sum = 0;
        for (int i = 0; i < count; i++)
          if (weight[i] != 0) sum += T(weight[i]) * rates[i][j * capacity + s];
        to[s * q + j] = carried[s * q + j] + T(length[s]) * sum;
      }
  }
  /// The stages first .. last - 1 of a step from x; stage 0 is f at x itself. Stage states are written to `kept` ([stage][n][d])
  /// where it is given.
  void stages(int first, int last, T* kept = nullptr) {
    spread_lengths();
    for (int i = first; i < last; i++) {
      T* to = kept ? kept + std::size_t(i) * n * d : stage_x.data();
      if (i == 0) {
        if (kept) std::copy_n(x.begin(), n * d, to);
      } else {
        combine(table->a[i], i, to);
      }
      set_kernel_time(i);
      evaluate(i == 0 ? x.data() : to, i);
    }
  }
  void set_kernel_time(int i) {
    for (std::size_t s = 0; s < n; s++) kernel_time[s] = T(time[s] + table->c[i] * length[s]);
  }
  /// The end of the step into next, next_carried.
  void finish(int count) {
    combine(table->b, count, next.data());
    if (carries) combine_carried(table->b, count, next_carried.data());
  }
  void accept() {
    std::swap(x, next);
    if (carries) std::swap(carried, next_carried);
  }
};

}  // namespace dimwise::detail
