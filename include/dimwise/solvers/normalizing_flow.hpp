// solvers/normalizing_flow.hpp: continuous normalizing flows: densities, samples and likelihoods of what m.flow records.
#pragma once
#include "adjoint.hpp"

namespace dimwise {

/// Random directions e of Hutchinson's estimate e' J e of a trace. Both are unbiased; the signs have the smaller variance.
enum class probe_noise : std::uint8_t { signs, gaussian };

template <class T>
struct flow_options {
  explicit_options<T> solver = equal_steps();  ///< 16 steps of RK4; fixed_steps = 0: adaptive, see explicit_options
  double t0 = 0, t1 = 1;                       ///< of each part: base at t0, data at t1
  probe_noise noise = probe_noise::signs;      ///< for trace::hutchinson
  int probes = 1;          ///< directions a sample, averaged: the first is random, the others are it with signs changed
  std::uint64_t seed = 0;  ///< of the directions
  std::size_t memory = std::size_t(64) << 20;  ///< see adjoint_options
  int threads = 1;                             ///< 0: all; never changes digits
  static explicit_options<T> equal_steps(std::size_t count = 16) {
    explicit_options<T> o;
    o.method = scheme::rk4;
    o.fixed_steps = count;
    return o;
  }
};

/// An input of the model by name: [samples][width], constant along a solution.
template <class T>
using flow_inputs = std::vector<std::pair<std::string, const T*>>;

/// Samples carried through a flow. `change`: log density at the end minus that at the start; empty for trace::none.
template <class T>
struct flow_result {
  std::vector<T> state;          ///< [samples][d]
  std::vector<double> change;    ///< [samples]
  std::vector<double> log_prob;  ///< [samples], where the base is at one of the ends (log_prob, sample)
  std::vector<T> carried;        ///< [samples][carried] of one part (without gradients: the last one)
  solve_status status = solve_status::success;
  std::string text;             ///< a sentence
  solve_counters counters;      ///< added up over parts
  double mean_evaluations = 0;  ///< of f, over samples
  bool ok() const { return status == solve_status::success; }
};

/// A loss and its work.
struct flow_loss {
  double loss = 0;     ///< mean negative log-likelihood of the samples, in nats, plus penalties
  double penalty = 0;  ///< of these
  solve_status status = solve_status::success;
  std::string text;
  solve_counters counters;
  bool ok() const { return status == solve_status::success; }
};

/// A weight times the mean of a quantity that every part carries along under this name: {"energy", 0.01} with
/// carry<"energy">(sum(sq(f))).
struct flow_penalty {
  std::string carried;
  double weight = 0;
};

/// Where gradients of a flow go; null: not wanted.
template <class T>
struct flow_gradients {
  double* parameters = nullptr;                    ///< [parameters], added to
  T* state = nullptr;                              ///< [samples][d], by the samples given
  std::vector<std::pair<std::string, T*>> inputs;  ///< by inputs, each as the input
};

/// A base N(0, I) that the flows of a model, in the order given, turn into a density (Chen et al., Neural Ordinary Differential
/// Equations, 2018):
///
///   constexpr void rings(model& m) { m.flow<"rings">(field(m.state<"x", 2>(), m.time<"t">())); }     // exact trace
///   normalizing_flow<float> flow(compile<rings>("rings"));
///   flow.log_prob(parameters, n, x).log_prob;  flow.sample(parameters, n, seed).state;
///
/// m.flow<"rings", trace::hutchinson>(f) estimates the trace instead, with a direction that stays the same during a solve;
/// nothing else changes. The model must outlive the flow. Parameters are in the kernels' precision. Not for several threads at a
/// time. All functions throw `error` for what was written wrongly; a solve that does not reach its end is told by `status`.
template <class T>
class normalizing_flow {
 public:
  /// parts: names of flows, from base to data; empty: all of the model, in the order written.
  explicit normalizing_flow(const compiled_model& model, flow_options<T> options = {},
                            const std::vector<std::string>& parts = {});
  ~normalizing_flow();
  normalizing_flow(normalizing_flow&&) noexcept;

  const table& recording() const;
  std::size_t dims() const;
  std::size_t parameters() const;
  flow_options<T>& options();  ///< may be changed between calls

  /// log p(x) of samples, and (state) where in the base they come from. `draw`: number of the random directions.
  flow_result<T> log_prob(const T* parameters, std::size_t samples, const T* x, const flow_inputs<T>& inputs = {},
                          std::uint64_t draw = 0);
  /// Samples of the density: the base is random_stream(seed, "flow base"). With their log_prob where the trace is known.
  flow_result<T> sample(const T* parameters, std::size_t samples, std::uint64_t seed, const flow_inputs<T>& inputs = {});
  /// From base to data, or backward.
  flow_result<T> to_data(const T* parameters, std::size_t samples, const T* z, const flow_inputs<T>& inputs = {},
                         std::uint64_t draw = 0);
  flow_result<T> to_base(const T* parameters, std::size_t samples, const T* x, const flow_inputs<T>& inputs = {},
                         std::uint64_t draw = 0);
  /// The states on the way from base to data, at fractions in [0, 1] of all parts, rising: [fraction][samples][d].
  std::vector<T> path(const T* parameters, std::size_t samples, const T* z, const std::vector<double>& fractions,
                      const flow_inputs<T>& inputs = {});

  /// The mean negative log-likelihood and its gradients (exact, of the steps taken).
  flow_loss likelihood_gradient(const T* parameters, std::size_t samples, const T* x, const flow_inputs<T>& inputs,
                                const flow_gradients<T>& to, const std::vector<flow_penalty>& penalties = {},
                                std::uint64_t draw = 0);
  /// From base to data with gradients: of a loss whose derivatives by the end [samples][d] and by `change` [samples] are by_end
  /// and by_change, for flows within larger models. loss(end, by_end, by_change) is called once for every part of the batch
  /// [begin, end).
  using end_derivative = std::function<void(std::size_t begin, std::size_t end, const T* state, T* by_state, T* by_change)>;
  flow_result<T> to_data_gradient(const T* parameters, std::size_t samples, const T* z, const flow_inputs<T>& inputs,
                                  const end_derivative& loss, const flow_gradients<T>& to, std::uint64_t draw = 0);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace dimwise
