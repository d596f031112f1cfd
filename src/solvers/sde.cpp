// solvers/sde.cpp: steps of many paths; a block of paths stays with one thread from start to end.
#include <dimwise/solvers/sde.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include <dimwise/core/aligned.hpp>
#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>

#include "prepared_parameters.hpp"

namespace dimwise {
namespace {

bool reads_state(const table& recording, int node) {
  std::vector<bool> seen(std::size_t(recording.node_count), false);
  seen[std::size_t(node)] = true;
  for (int i = node; i >= 0; i--) {
    if (!seen[std::size_t(i)]) continue;
    const auto& v = recording.nodes[i];
    if (v.o == op::state) return true;
    if (v.a >= 0) seen[std::size_t(v.a)] = true;
    if (v.b >= 0) seen[std::size_t(v.b)] = true;
  }
  return false;
}

bool own_coordinate_alone(const kind& k) { return k.l == level::dim && (k.d == depends::own || k.d == depends::nothing); }

// One coordinate of one value of the kernel: a point-level value is the same for all coordinates.
struct coefficient {
  std::size_t per_sample = 0, per_dim = 0;
  std::size_t at(std::size_t sample, std::size_t i) const { return sample * per_sample + i * per_dim; }
};

// What one thread needs for a block of paths.
template <class T>
struct block_memory {
  aligned_vector<T> state, time, drift, noise, derivative, workspace;
  std::vector<aligned_vector<T>> inputs;
  std::vector<const T*> input_pointers;
  std::vector<double> normals, sum;
};

template <class T>
class simulation {
 public:
  simulation(const compiled_model& model, int sde, const T* parameters, const sde_start<T>& start, const sde_options& options,
             sde_paths<T>& out)
      : recording_(model.recording),
        kernel_(*model.template kernels<T>().sdes[std::size_t(sde)]),
        parameters_(parameters),
        start_(start),
        options_(options),
        out_(out),
        d_(std::size_t(recording_.d)),
        noise_(stream(options.seed, "brownian motion")),
        corrected_(options.scheme == sde_scheme::milstein && kernel_.outputs().size() > 2) {
    prepared_.prepare(kernel_, parameters_, start_.paths % kernel_.block() != 0);
    const auto& outputs = kernel_.outputs();
    for (std::size_t j = 0; j < outputs.size() && j < 3; j++)
      layout_[j] = outputs[j].l == level::dim ? coefficient{d_, 1} : coefficient{1, 0};
  }

  void reserve(block_memory<T>& m, std::size_t paths) const {
    for (auto* v : {&m.state, &m.drift, &m.noise, &m.derivative}) v->resize(paths * d_);
    m.time.resize(paths);
    m.workspace.resize(kernel_.evaluate_workspace());
    m.inputs.resize(std::size_t(recording_.input_count));
    for (std::size_t j = 0; j < m.inputs.size(); j++) m.inputs[j].resize(paths * width(j));
    m.input_pointers.resize(m.inputs.size());
    m.normals.resize(d_);
    m.sum.resize(d_);
  }

  // Paths [begin, end) from their start to the end.
  void run(std::size_t begin, std::size_t end, block_memory<T>& m) const {
    const std::size_t n = end - begin;
    std::copy(start_.state + begin * d_, start_.state + end * d_, m.state.begin());
    arguments<T> in;
    in.samples = n;
    in.state = m.state.data();
    in.time = m.time.data();
    in.constants = start_.constants;
    in.prepared = prepared_.data();
    for (std::size_t j = 0; j < m.inputs.size(); j++) {
      if (start_.inputs && start_.inputs[j])
        std::copy(start_.inputs[j] + begin * width(j), start_.inputs[j] + end * width(j), m.inputs[j].begin());
      m.input_pointers[j] = m.inputs[j].data();
    }
    in.inputs = m.input_pointers.data();
    T* values[3] = {m.drift.data(), m.noise.data(), corrected_ ? m.derivative.data() : nullptr};

    std::size_t saved = 0;
    keep(begin, n, saved++, m);
    for (std::size_t step = 0; step < options_.steps; step++) {
      const double elapsed = double(step) * options_.step;
      for (std::size_t s = 0; s < n; s++) m.time[s] = T(start_of(begin + s) + elapsed);
      kernel_.evaluate(parameters_, in, 0, n, values, m.workspace.data());
      for (std::size_t s = 0; s < n; s++) advance(begin + s, s, step, m);
      if ((step + 1) % options_.save_every == 0 || step + 1 == options_.steps) keep(begin, n, saved++, m);
    }
  }

 private:
  std::size_t width(std::size_t slot) const {
    const input_slot& s = recording_.inputs[slot];
    return std::size_t(s.width) * (s.l == level::dim ? d_ : 1);
  }
  double start_of(std::size_t path) const { return start_.time ? double(start_.time[path]) : start_.time_all; }

  void keep(std::size_t begin, std::size_t n, std::size_t saved, const block_memory<T>& m) const {
    std::copy(m.state.begin(), m.state.begin() + std::ptrdiff_t(n * d_),
              out_.state.begin() + std::ptrdiff_t((saved * start_.paths + begin) * d_));
  }

  void advance(std::size_t path, std::size_t s, std::size_t step, block_memory<T>& m) const {
    const double h = options_.step, deviation = std::sqrt(h / double(options_.refinement));
    const std::uint64_t number = options_.first_path + path;
    std::fill(m.sum.begin(), m.sum.end(), 0.0);
    for (std::size_t r = 0; r < options_.refinement; r++) {
      noise_.normals(step * options_.refinement + r, 0, d_, m.normals.data(), number);
      for (std::size_t i = 0; i < d_; i++) m.sum[i] += m.normals[i];
    }
    for (std::size_t i = 0; i < d_; i++) {
      const double increment = deviation * m.sum[i], g = double(m.noise[layout_[1].at(s, i)]);
      double move = double(m.drift[layout_[0].at(s, i)]) * h + g * increment;
      if (corrected_) move += 0.5 * g * double(m.derivative[layout_[2].at(s, i)]) * (increment * increment - h);
      T& x = m.state[s * d_ + i];
      x = T(double(x) + move);
      if (!std::isfinite(x))
        throw error("the simulation stopped: coordinate " + std::to_string(i) + " of path " + std::to_string(number) +
                    " is not finite at time " + std::to_string(start_of(path) + double(step + 1) * h) + " (step " +
                    std::to_string(step + 1) +
                    "). Smaller steps may help, or the drift drives paths away from where it was trained");
    }
  }

  const table& recording_;
  const kernel_interface<T>& kernel_;
  const T* parameters_;
  const sde_start<T>& start_;
  const sde_options& options_;
  sde_paths<T>& out_;
  std::size_t d_;
  random_stream noise_;
  bool corrected_;
  coefficient layout_[3];
  detail::prepared_parameters<T> prepared_;
};

}  // namespace

int sde_index(const table& recording, const std::string& name) {
  std::string known;
  for (int i = 0; i < recording.sde_count; i++) {
    if (name.empty() || recording.sdes[i].name.view() == name) return i;
    known += (i ? ", '" : "'") + std::string(recording.sdes[i].name.view()) + "'";
  }
  if (known.empty()) throw error("the model names no stochastic differential equation: there is nothing to simulate");
  throw error("the model has no stochastic differential equation '" + name + "'; it has " + known);
}

strong_order strong_order_of(const table& recording, int sde, sde_scheme scheme) {
  const int noise = recording.sdes[sde].noise;
  const kind& k = recording.nodes[noise].k;
  if (!reads_state(recording, noise))
    return {1.0, "strong order 1.0: the noise does not depend on the state, so that both schemes are the same"};
  const bool own = own_coordinate_alone(k) || recording.d == 1;
  if (scheme == sde_scheme::euler_maruyama)
    return {0.5, std::string("strong order 0.5: Euler-Maruyama with noise that depends on the state") +
                     (own ? "; Milstein has order 1.0 here" : "")};
  if (own) return {1.0, "strong order 1.0: Milstein with the exact D<1>(g), and each g_i depends on x_i alone"};
  return {0.5,
          "strong order 0.5: some g_i depends on other coordinates than x_i, and Milstein for diagonal noise leaves the mixed "
          "terms out"};
}

template <class T>
sde_paths<T> simulate(const compiled_model& model, int sde, const T* parameters, const sde_start<T>& start,
                      const sde_options& options, team& workers) {
  const table& recording = model.recording;
  const auto& kernels = model.template kernels<T>().sdes;
  if (sde < 0 || std::size_t(sde) >= kernels.size() || !kernels[std::size_t(sde)])
    throw error("the model '" + model.name + "' has no kernel of this precision for its stochastic differential equation");
  if (!(options.step > 0) || !std::isfinite(options.step))
    throw error("the time step of a simulation must be positive and finite");
  if (options.save_every == 0) throw error("states must be saved every 1 or more steps");
  if (options.refinement == 0) throw error("the refinement of the noise must be 1 or more");
  const std::size_t d = std::size_t(recording.d);
  for (std::size_t i = 0; i < start.paths * d; i++)
    if (!std::isfinite(start.state[i]))
      throw error("coordinate " + std::to_string(i % d) + " of the start of path " + std::to_string(options.first_path + i / d) +
                  " is not finite");

  sde_paths<T> out;
  out.time.push_back(0);
  for (std::size_t step = 1; step <= options.steps; step++)
    if (step % options.save_every == 0 || step == options.steps) out.time.push_back(double(step) * options.step);
  out.state.resize(out.time.size() * start.paths * d);
  if (start.paths == 0) return out;

  const simulation<T> run(model, sde, parameters, start, options, out);
  const std::size_t kernel_block = kernels[std::size_t(sde)]->block();
  // Enough paths for the kernel to be fast, few enough that a block stays in the cache; no digit depends on it.
  const std::size_t share = (start.paths + std::size_t(workers.threads()) - 1) / std::size_t(workers.threads());
  const std::size_t wanted = std::max<std::size_t>(1, std::min<std::size_t>(share, std::max<std::size_t>(kernel_block, 256)));
  const std::size_t block = (wanted + kernel_block - 1) / kernel_block * kernel_block;
  std::vector<block_memory<T>> memory(std::size_t(workers.threads()));
  for (auto& m : memory) run.reserve(m, std::min(block, start.paths));
  const auto task = [&](std::size_t n, int thread) {
    const std::size_t begin = n * block, end = std::min(start.paths, begin + block);
    run.run(begin, end, memory[std::size_t(thread)]);
  };
  workers.run((start.paths + block - 1) / block, std::cref(task));
  return out;
}

template sde_paths<float> simulate<float>(const compiled_model&, int, const float*, const sde_start<float>&, const sde_options&,
                                          team&);
template sde_paths<double> simulate<double>(const compiled_model&, int, const double*, const sde_start<double>&,
                                            const sde_options&, team&);

}  // namespace dimwise
