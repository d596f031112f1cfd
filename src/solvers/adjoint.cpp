// solvers/adjoint.cpp: the steps of a solve repeated forward, and their transposes backward.
#include <dimwise/solvers/adjoint.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include <dimwise/core/error.hpp>

#include "prepared_parameters.hpp"
#include "runge_kutta_chunk.hpp"
#include "solve_checks.hpp"

namespace dimwise {
namespace {

template <class T>
struct reverse_run {
  const ode_problem<T>& problem;
  const ode_start<T>& start;
  const step_record& steps;
  const solve_gradients<T>& to;
  const loss_derivative<T>& loss;
  std::size_t memory;
  int used;  ///< stages of a step
  bool continuous;
  bool late;  ///< carried quantities on the way back
};

/// Steps kept between two checkpoints: all of them if they fit, else as few as the least memory takes.
std::size_t segment_length(std::size_t steps, std::size_t used, std::size_t bytes_of_a_state, std::size_t memory) {
  if (steps == 0) return 1;
  const auto bytes = [&](std::size_t length) { return ((steps + length - 1) / length + length * used) * bytes_of_a_state; };
  if (steps * used * bytes_of_a_state <= memory) return steps;
  std::size_t best = std::max<std::size_t>(1, std::size_t(std::sqrt(double(steps) / double(used))));
  for (std::size_t length = steps; length > best; length--)
    if (bytes(length) <= memory) return length;
  return best;
}

/// Samples that one thread takes forward and backward.
template <class T>
struct reverse_chunk {
  detail::runge_kutta_chunk<T> rk;
  aligned_vector<T> checkpoints, stages, adjoint, by_carried, cotangent, rate_cotangents, by_stage, late_rates, workspace;
  std::vector<aligned_vector<T>> by_input;
  std::vector<T*> by_input_pointers;
  std::size_t first = 0, field = 0, products = 0;
  std::size_t failed = none;  ///< the first sample whose state is not finite
  static constexpr std::size_t none = std::size_t(-1);
  int pending = 0;  ///< of the gradient, see kernel_interface::vector_jacobian

  void run(const reverse_run<T>& r, std::size_t begin, std::size_t end, ode_solution<T>& out, double* gradient) {
    first = begin, field = products = 0;
    rk.carries = !r.late;
    rk.begin(r.start, begin, end - begin);
    const std::size_t n = rk.n, d = rk.d, q = rk.q, steps = r.steps.steps(), state = n * d;
    const std::size_t length = r.continuous ? 1 : segment_length(steps, std::size_t(r.used), state * sizeof(T), r.memory);
    const bool all_kept = length >= steps;
    grow(adjoint, state), grow(by_carried, n * q), grow(cotangent, state), grow(rate_cotangents, n * q);
    grow(by_stage, state * std::size_t(r.used)), grow(workspace, rk.kernel->vector_jacobian_workspace());
    if (!r.continuous)
      grow(stages, std::min(length, steps) * std::size_t(r.used) * state),
          grow(checkpoints, (steps + length - 1) / length * state);
    if (r.late) grow(late_rates, steps * std::size_t(r.used) * q * n);
    reserve_inputs(r);
    for (std::size_t step = 0; step < steps; step++) {
      if (!r.continuous && !all_kept && step % length == 0)
        std::copy_n(rk.x.begin(), state, checkpoints.begin() + std::ptrdiff_t(step / length * state));
      forward(r, step, all_kept && !r.continuous ? stages.data() + step * std::size_t(r.used) * state : nullptr);
    }
    std::copy_n(rk.x.begin(), state, out.state.begin() + std::ptrdiff_t(begin * d));
    if (!finite_end(r)) {
      std::copy_n(rk.carried.begin(), n * q, out.carried.begin() + std::ptrdiff_t(begin * q));
      return;
    }
    std::fill_n(adjoint.begin(), state, T(0)), std::fill_n(by_carried.begin(), n * q, T(0));
    r.loss(begin, end, rk.x.data(), r.late ? nullptr : rk.carried.data(), adjoint.data(), by_carried.data());
    for (std::size_t step = steps; step-- > 0;) {
      if (r.continuous) {
        backward_continuous(r, step, gradient);
        continue;
      }
      const std::size_t segment = step / length * length;
      if (!all_kept && (step + 1 == steps || (step + 1) % length == 0)) {
        std::copy_n(checkpoints.begin() + std::ptrdiff_t(segment / length * state), state, rk.x.begin());
        for (std::size_t s = segment; s <= step; s++) forward(r, s, stages.data() + (s - segment) * std::size_t(r.used) * state);
      }
      backward(r, step, stages.data() + (step - segment) * std::size_t(r.used) * state, gradient);
    }
    if (r.to.state) std::copy_n(adjoint.begin(), state, r.to.state + begin * d);
    if (r.late) add_late_rates(r);
    std::copy_n(rk.carried.begin(), n * q, out.carried.begin() + std::ptrdiff_t(begin * q));
  }

 private:
  static void grow(aligned_vector<T>& v, std::size_t size) {
    if (v.size() < size) v.resize(size);
  }
  /// Whether all samples came to their end; if not, their gradients are zeros.
  bool finite_end(const reverse_run<T>& r) {
    bool every = true;
    for (std::size_t s = 0; s < rk.n; s++) {
      bool all = true;
      for (std::size_t e = s * rk.d; e < (s + 1) * rk.d; e++) all = all && std::isfinite(rk.x[e]);
      for (std::size_t e = s * rk.q; e < (s + 1) * rk.q && rk.carries; e++) all = all && std::isfinite(rk.carried[e]);
      if (!all) failed = std::min(failed, first + s), every = false;
    }
    if (every) return true;
    if (r.to.state) std::fill_n(r.to.state + first * rk.d, rk.n * rk.d, T(0));
    return false;
  }
  void reserve_inputs(const reverse_run<T>& r) {
    by_input.resize(rk.inputs.size());
    by_input_pointers.assign(rk.inputs.size(), nullptr);
    for (std::size_t j = 0; j < by_input.size() && r.to.inputs; j++) {
      if (!r.to.inputs[j]) continue;
      const std::size_t w = rk.input_width(j);
      grow(by_input[j], rk.n * w);
      by_input_pointers[j] = by_input[j].data();
      std::fill_n(r.to.inputs[j] + first * w, rk.n * w, T(0));
    }
  }
  void set_step(const reverse_run<T>& r, std::size_t step) {
    for (std::size_t s = 0; s < rk.n; s++) {
      const std::size_t at = step * r.steps.columns + (r.steps.columns == 1 ? 0 : first + s);
      rk.time[s] = r.steps.time[at], rk.length[s] = r.steps.length[at];
    }
  }
  void forward(const reverse_run<T>& r, std::size_t step, T* kept) {
    set_step(r, step);
    rk.stages(0, r.used, kept);
    rk.finish(r.used);
    rk.accept();
    field += std::size_t(r.used);
  }

  /// Cotangents times Jacobians at x and the times in kernel_time; adds the gradients of inputs.
  void pull_back(const reverse_run<T>& r, const T* x, T* by_x, T* const* out, double* gradient) {
    const arguments<T> in = rk.kernel_arguments(x);
    const T* cotangents[1 + most_carried] = {cotangent.data()};
    for (std::size_t j = 0; j < rk.q; j++) cotangents[1 + j] = rate_cotangents.data() + j * rk.n;
    rk.kernel->vector_jacobian(r.problem.parameters, in, 0, rk.n, cotangents, out, {by_x, nullptr, by_input_pointers.data()},
                               gradient, workspace.data(),
                               r.continuous ? nullptr : &pending);  // there, calls without a gradient come in between
    products++;
  }
  void add_inputs(const reverse_run<T>& r) {
    for (std::size_t j = 0; j < by_input.size(); j++) {
      if (!by_input_pointers[j]) continue;
      const std::size_t w = rk.input_width(j);
      T* to = r.to.inputs[j] + first * w;
      for (std::size_t e = 0; e < rk.n * w; e++) to[e] += by_input[j][e];
    }
  }

  void backward(const reverse_run<T>& r, std::size_t step, const T* kept, double* gradient) {
    const runge_kutta_table& t = *rk.table;
    const std::size_t n = rk.n, d = rk.d, state = n * d;
    T* rates[1 + most_carried] = {};
    set_step(r, step);
    rk.spread_lengths();
    bool pulled[runge_kutta_table::most_stages] = {};
    for (int i = r.used; i-- > 0;) {
      // cotangent of k_i: h (b_i adjoint + sum_j a_ji cotangent of stage state j)
      const T b = T(t.b[i]);
      bool any = b != 0;
      for (std::size_t e = 0; e < state; e++) cotangent[e] = b * adjoint[e];
      for (int j = i + 1; j < r.used; j++) {
        if (!pulled[j] || t.a[j][i] == 0) continue;
        any = true;
        const T a = T(t.a[j][i]);
        const T* by = by_stage.data() + std::size_t(j) * state;
        for (std::size_t e = 0; e < state; e++) cotangent[e] += a * by[e];
      }
      if (!any) continue;
      pulled[i] = true;
      for (std::size_t e = 0; e < state; e++) cotangent[e] *= rk.lengths[e];
      for (std::size_t s = 0; s < n; s++)
        for (std::size_t j = 0; j < rk.q; j++) rate_cotangents[j * n + s] = T(rk.length[s]) * b * by_carried[s * rk.q + j];
      rk.set_kernel_time(i);
      for (std::size_t j = 0; j < rk.q && r.late; j++) rates[1 + j] = rates_at(r, step, i) + j * n;
      pull_back(r, kept + std::size_t(i) * state, by_stage.data() + std::size_t(i) * state, rates, gradient);
      add_inputs(r);
    }
    for (int i = 0; i < r.used; i++) {
      if (!pulled[i]) continue;
      const T* by = by_stage.data() + std::size_t(i) * state;
      for (std::size_t e = 0; e < state; e++) adjoint[e] += by[e];
    }
  }

  T* rates_at(const reverse_run<T>& r, std::size_t step, int stage) {
    return late_rates.data() + (step * std::size_t(r.used) + std::size_t(stage)) * rk.q * rk.n;
  }
  /// The carried quantities, added up in the order of the steps as on the way there.
  void add_late_rates(const reverse_run<T>& r) {
    const runge_kutta_table& t = *rk.table;
    for (std::size_t step = 0; step < r.steps.steps(); step++) {
      set_step(r, step);
      for (std::size_t s = 0; s < rk.n; s++)
        for (std::size_t j = 0; j < rk.q; j++) {
          T sum = 0;
          for (int i = 0; i < r.used; i++)
            if (t.b[i] != 0) sum += T(t.b[i]) * rates_at(r, step, i)[j * rk.n + s];
          rk.carried[s * rk.q + j] += T(rk.length[s]) * sum;
        }
    }
  }

  /// From the end of a step to its start: x by the scheme with a negative length, and d adjoint / dt = -(adjoint' J).
  void backward_continuous(const reverse_run<T>& r, std::size_t step, double* gradient) {
    const runge_kutta_table& t = *rk.table;
    const std::size_t n = rk.n, d = rk.d, state = n * d;
    set_step(r, step);
    for (std::size_t s = 0; s < n; s++) rk.time[s] += rk.length[s], rk.length[s] = -rk.length[s];
    rk.spread_lengths();
    for (int i = 0; i < r.used; i++) {
      rk.combine(t.a[i], i, rk.stage_x.data());
      for (std::size_t e = 0; e < state; e++) {
        T sum = 0;
        for (int j = 0; j < i; j++) sum += T(t.a[i][j]) * by_stage[std::size_t(j) * state + e];
        cotangent[e] = adjoint[e] - rk.lengths[e] * sum;
      }
      // the products are linear in the cotangents: scaled by the weight of the stage, they add up to the integral of the gradient
      const bool counts = t.b[i] != 0;
      const auto weight = [&](std::size_t s) { return counts && rk.length[s] != 0 ? T(-rk.length[s] * t.b[i]) : T(1); };
      for (std::size_t s = 0; s < n; s++) {
        const T w = weight(s), alive = rk.length[s] != 0 ? w : T(0);
        for (std::size_t e = s * d; e < (s + 1) * d; e++) cotangent[e] *= alive;
        for (std::size_t j = 0; j < rk.q; j++) rate_cotangents[j * n + s] = alive * by_carried[s * rk.q + j];
      }
      rk.set_kernel_time(i);
      T* out[1 + most_carried] = {rk.k[i].data()};
      T* by = by_stage.data() + std::size_t(i) * state;
      pull_back(r, rk.stage_x.data(), by, out, counts ? gradient : nullptr);
      if (counts) add_inputs(r);
      for (std::size_t s = 0; s < n; s++)
        for (std::size_t e = s * d; e < (s + 1) * d; e++) by[e] /= weight(s);
    }
    rk.combine(t.b, r.used, rk.next.data());
    rk.accept();
    for (std::size_t e = 0; e < state; e++) {
      T sum = 0;
      for (int j = 0; j < r.used; j++) sum += T(t.b[j]) * by_stage[std::size_t(j) * state + e];
      adjoint[e] -= rk.lengths[e] * sum;
    }
  }
};

/// Equal steps, as solve_explicit takes them.
step_record equal_steps(double t0, double t1, std::size_t steps) {
  step_record r;
  for (std::size_t i = 0; i < steps; i++) {
    r.time.push_back(t0 + (t1 - t0) * (double(i) / double(steps)));
    r.length.push_back((t1 - t0) / double(steps));
  }
  return r;
}

}  // namespace

template <class T>
struct adjoint_memory<T>::parts {
  std::vector<reverse_chunk<T>> chunks;
  std::vector<std::vector<double>> gradients;
  explicit_memory<T> forward;
  detail::prepared_parameters<T> prepared;
};
template <class T>
adjoint_memory<T>::adjoint_memory() : parts_(std::make_unique<parts>()) {}
template <class T>
adjoint_memory<T>::~adjoint_memory() = default;
template <class T>
adjoint_memory<T>::adjoint_memory(adjoint_memory&&) noexcept = default;
template class adjoint_memory<float>;
template class adjoint_memory<double>;

template <class T>
ode_solution<T> solve_with_gradient(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                                    const loss_derivative<T>& loss, const solve_gradients<T>& to,
                                    const adjoint_options<T>& backward, team& workers, adjoint_memory<T>& memory) {
  if (options.event) throw error("the gradient of a solve that stops at an event is not available: leave `event` empty");
  const kernel_interface<T>& kernel = problem.kernels->whole();
  if (!kernel.has_vector_jacobian()) throw error("the kernel of this differential equation has no vector-Jacobian products");
  if (backward.carried_on_the_way_back && backward.how == adjoint::continuous)
    throw error("carried_on_the_way_back is for the discrete adjoint: the continuous one does not go back over the same stages");
  auto& m = memory.get();
  const std::size_t samples = start.samples, d = problem.dims(), q = problem.carried();
  ode_solution<T> out;
  step_record steps;
  if (options.fixed_steps > 0) {
    detail::check_problem(problem, start);
    steps = equal_steps(start.t0, start.t1, options.fixed_steps);
    out.end.assign(samples, start.t1);
    out.text = sentence(out.status);
  } else {
    explicit_options<T> forward = options;
    forward.keep_steps = true;
    forward.save_at.clear();
    out = solve_explicit(problem, start, forward, workers, m.forward);
    if (out.status != solve_status::success) return out;
    steps = out.steps;
    if (!options.keep_steps) out.steps = {};
  }
  out.state.resize(samples * d);
  out.carried.resize(samples * q);
  if (samples == 0) return out;
  const runge_kutta_table& table = coefficients(options.method);
  const reverse_run<T> run{problem,
                           start,
                           steps,
                           to,
                           loss,
                           backward.memory,
                           stages_of_a_step(table),
                           backward.how == adjoint::continuous,
                           backward.carried_on_the_way_back && problem.carried() > 0};

  // A part has a gradient of its own, which is cleared and added up for each product: long parameter vectors get larger parts.
  // All sizes follow from the problem alone.
  const std::size_t block = kernel.block(), parameters = to.parameters ? std::size_t(problem.recording->parameters) : 0;
  const auto whole = [&](std::size_t n) { return (n + block - 1) / block * block; };
  const std::size_t chunk = whole(parameters <= 8192 ? 64 : parameters <= 131072 ? 128 : 256);
  const std::size_t part = std::max(chunk, whole((samples + 31) / 32));
  const std::size_t parts = (samples + part - 1) / part;
  m.chunks.resize(std::max(m.chunks.size(), std::size_t(workers.threads())));
  const bool given = problem.prepared && !run.late;  // on the way there, `late` evaluates f alone
  if (!given) m.prepared.prepare(run.late ? *problem.kernels->field : kernel, problem.parameters, samples % block != 0);
  for (auto& c : m.chunks) {
    c.rk.reserve(problem, table, std::min(chunk, samples));
    c.rk.prepared = given ? problem.prepared : m.prepared.data();
  }
  m.gradients.resize(std::max(m.gradients.size(), parts));
  std::vector<std::size_t> field(parts, 0), products(parts, 0), failed(parts, reverse_chunk<T>::none);
  const auto task = [&](std::size_t n, int thread) {
    double* gradient = nullptr;
    if (to.parameters) {
      gradient = n == 0 ? to.parameters : (m.gradients[n].assign(parameters, 0.0), m.gradients[n].data());
    }
    reverse_chunk<T>& c = m.chunks[std::size_t(thread)];
    c.pending = 0, c.failed = reverse_chunk<T>::none;
    for (std::size_t begin = n * part, end = std::min(samples, begin + part); begin < end; begin += chunk) {
      c.run(run, begin, std::min(end, begin + chunk), out, gradient);
      field[n] = std::max(field[n], c.field), products[n] = std::max(products[n], c.products);
    }
    failed[n] = c.failed;
    if (gradient) kernel.flush_gradient(gradient, c.workspace.data(), &c.pending);
  };
  workers.run(parts, std::cref(task));
  for (std::size_t n = 1; n < parts && to.parameters; n++)
    for (std::size_t i = 0; i < parameters; i++) to.parameters[i] += m.gradients[n][i];
  if (options.fixed_steps > 0) out.counters.accepted = options.fixed_steps;
  out.counters.field += *std::max_element(field.begin(), field.end());
  out.counters.products = *std::max_element(products.begin(), products.end());
  out.mean_evaluations = double(out.counters.field);
  const std::size_t first = *std::min_element(failed.begin(), failed.end());
  if (first != reverse_chunk<T>::none) {
    out.status = solve_status::not_finite;
    out.text = std::string(sentence(out.status)) + " (sample " + std::to_string(first) +
               "); where the steps are too long, take more of them, or adaptive ones";
  }
  return out;
}

template <class T>
ode_solution<T> solve_with_gradient(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                                    const loss_derivative<T>& loss, const solve_gradients<T>& to,
                                    const adjoint_options<T>& backward, int threads) {
  team workers(threads);
  adjoint_memory<T> memory;
  return solve_with_gradient(problem, start, options, loss, to, backward, workers, memory);
}

#define DIMWISE_INSTANTIATE(T)                                                                                            \
  template ode_solution<T> solve_with_gradient<T>(const ode_problem<T>&, const ode_start<T>&, const explicit_options<T>&, \
                                                  const loss_derivative<T>&, const solve_gradients<T>&,                   \
                                                  const adjoint_options<T>&, team&, adjoint_memory<T>&);                  \
  template ode_solution<T> solve_with_gradient<T>(const ode_problem<T>&, const ode_start<T>&, const explicit_options<T>&, \
                                                  const loss_derivative<T>&, const solve_gradients<T>&,                   \
                                                  const adjoint_options<T>&, int);
DIMWISE_INSTANTIATE(float)
DIMWISE_INSTANTIATE(double)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise
