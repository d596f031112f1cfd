// solvers/normalizing_flow.cpp: the parts of a flow one after the other, and back.
#include <dimwise/solvers/normalizing_flow.hpp>

#include <cmath>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>

#include "probe_kernel.hpp"

namespace dimwise {
namespace {

constexpr double log_2_pi = 1.837877066409345483560659472811;

/// One flow of the model: with its log density, and without anything carried.
template <class T>
struct flow_part {
  std::string name;
  const ode_entry* entry = nullptr;
  ode_kernels<T> whole, plain;
  bool density() const { return entry->how != trace::none; }
};

enum class direction : std::uint8_t { to_data, to_base };

}  // namespace

template <class T>
struct normalizing_flow<T>::parts {
  const compiled_model& model;
  flow_options<T> options;
  std::vector<flow_part<T>> list;
  std::unique_ptr<team> workers;
  explicit_memory<T> forward;
  adjoint_memory<T> backward;
  std::vector<T> noise, by_end, by_start;
  std::vector<T> by_change;
  std::vector<std::vector<T>> between, by_inputs;
  std::vector<const T*> slots;
  int probes = 0;      ///< that the kernels were made for
  double penalty = 0;  ///< of the last pull_back

  parts(const compiled_model& m, flow_options<T> o, const std::vector<std::string>& names) : model(m), options(std::move(o)) {
    const table& t = m.recording;
    if (names.empty())
      for (int i = 0; i < t.ode_count; i++) list.emplace_back().name = std::string(t.odes[i].name.view());
    for (const auto& name : names) list.emplace_back().name = name;
    for (flow_part<T>& p : list) p.entry = &t.odes[ode_index(t, p.name)];
    if (list.empty()) ode_index(t);  // says what is missing
    make_kernels();
  }
  std::size_t dims() const { return std::size_t(model.recording.d); }
  int noise_slot() const {
    const table& t = model.recording;
    for (int i = 0; i < t.ode_count; i++)
      if (t.odes[i].noise >= 0) return t.nodes[t.odes[i].noise].n;
    return -1;
  }
  bool draws() const {
    for (const flow_part<T>& p : list)
      if (p.entry->how == trace::hutchinson) return true;
    return false;
  }
  bool density() const {
    for (const flow_part<T>& p : list)
      if (!p.density()) return false;
    return true;
  }
  void require_density() const {
    for (const flow_part<T>& p : list)
      if (!p.density())
        throw error("the log density of '" + p.name + "' is not known: write m.flow<\"" + p.name +
                    "\">(f) for its exact trace, or m.flow<\"" + p.name + "\", trace::hutchinson>(f) for an estimate");
  }
  void make_kernels() {
    if (options.probes < 1)
      throw error("a flow needs at least one probe for the estimate of its trace; probes is " + std::to_string(options.probes));
    const table& t = model.recording;
    for (flow_part<T>& p : list) {
      const ode_kernels<T>& k = *problem_of<T>(model, p.name, nullptr).kernels;
      p.plain.field = k.field;
      p.whole.field = k.field;
      if (!k.carried) continue;
      const bool unit = p.entry->how == trace::full, many = p.entry->how == trace::hutchinson && options.probes > 1;
      if (unit || many)
        p.whole.carried =
            std::make_shared<detail::probe_kernel<T>>(*k.carried, t, t.nodes[p.entry->noise].n, options.probes, unit);
    }
    probes = options.probes;
  }
  void prepare() {
    if (!(options.t0 < options.t1)) throw error("a flow needs t0 < t1: its base is at t0, its data at t1");
    if (options.probes != probes) make_kernels();
    if (!workers || (options.threads > 0 && workers->threads() != options.threads))
      workers = std::make_unique<team>(options.threads);
  }
  ode_problem<T> problem(std::size_t part, const T* parameters, bool carries = true) {
    ode_problem<T> p = problem_of<T>(model, list[part].name, parameters);
    if (!carries) p.kernels = &list[part].plain;
    else if (list[part].whole.carried) p.kernels = &list[part].whole;
    p.inputs = slots.data();
    return p;
  }

  void draw_noise(std::size_t samples, std::uint64_t draw) {
    const std::size_t n = samples * dims();
    if (noise_slot() >= 0 && noise.size() < n) noise.resize(n);
    if (!draws()) return;
    const random_stream r(options.seed, "trace noise");
    constexpr std::size_t tile = 1024;
    double some[tile];
    for (std::size_t first = 0; first < n; first += tile) {
      const std::size_t size = std::min(tile, n - first);
      if (options.noise == probe_noise::gaussian) r.normals(draw, first, size, some);
      else r.uniforms(draw, first, size, some);
      for (std::size_t e = 0; e < size; e++)
        noise[first + e] = options.noise == probe_noise::gaussian ? T(some[e]) : some[e] < 0.5 ? T(-1) : T(1);
    }
  }
  /// Which array each input of the model reads.
  void bind(const flow_inputs<T>& given, std::size_t samples, std::uint64_t draw) {
    prepare();
    draw_noise(samples, draw);
    const table& t = model.recording;
    const int probe = noise_slot();
    slots.assign(std::size_t(t.input_count), nullptr);
    for (const auto& [name, values] : given) slots[slot_of(name)] = values;
    for (int i = 0; i < t.input_count; i++) {
      if (i == probe) slots[std::size_t(i)] = noise.data();
      else if (!slots[std::size_t(i)])
        throw error("the flow needs its input '" + std::string(t.inputs[i].name.view()) +
                    "' (one row for each sample): give {\"" + std::string(t.inputs[i].name.view()) + "\", values}");
    }
  }
  std::size_t slot_of(const std::string& name) const {
    const table& t = model.recording;
    for (int i = 0; i < t.input_count; i++)
      if (t.inputs[i].name.view() == name && i != noise_slot()) return std::size_t(i);
    throw error("the flow has no input '" + name + "'" +
                (noise_slot() >= 0 && name == "trace_noise" ? ": the directions of probes are drawn by the flow itself" : ""));
  }
  std::size_t order(direction to, std::size_t i) const { return to == direction::to_data ? i : list.size() - 1 - i; }
  ode_start<T> start(direction to, std::size_t samples, const T* state) const {
    if (to == direction::to_data) return {samples, state, nullptr, options.t0, options.t1};
    return {samples, state, nullptr, options.t1, options.t0};
  }
  static void merge(flow_result<T>& r, ode_solution<T>& s, const std::string& part) {
    r.counters += s.counters;
    r.mean_evaluations += s.mean_evaluations;
    r.state.swap(s.state);
    r.carried.swap(s.carried);
    if (r.ok()) r.status = s.status, r.text = s.status == solve_status::success ? s.text : "the flow '" + part + "': " + s.text;
  }
  void add_change(flow_result<T>& r, std::size_t samples, std::size_t part) const {
    if (!list[part].density()) return;
    const std::size_t q = r.carried.size() / std::max<std::size_t>(1, samples);
    for (std::size_t s = 0; s < samples; s++) r.change[s] += double(r.carried[s * q]);
  }
  double base_log_prob(const T* z) const {
    double sum = 0;
    for (std::size_t i = 0; i < dims(); i++) sum += double(z[i]) * double(z[i]);
    return -0.5 * (sum + double(dims()) * log_2_pi);
  }

  flow_result<T> transport(const T* parameters, std::size_t samples, const T* from, direction to) {
    flow_result<T> r;
    r.text = sentence(r.status);
    if (density()) r.change.assign(samples, 0.0);
    r.state.assign(from, from + samples * dims());
    for (std::size_t i = 0; i < list.size(); i++) {
      const std::size_t part = order(to, i);
      const std::vector<T> begin = std::move(r.state);
      ode_solution<T> s =
          solve_explicit<T>(problem(part, parameters), start(to, samples, begin.data()), options.solver, *workers, forward);
      merge(r, s, list[part].name);
      if (!r.change.empty()) add_change(r, samples, part);
      if (!r.ok()) break;
    }
    return r;
  }

  /// From one end to the other, and the derivatives of a loss of the end back. by_end(begin, end, state, by_state, by_change).
  flow_result<T> pull_back(const T* parameters, std::size_t samples, const T* from, direction to,
                           const typename normalizing_flow<T>::end_derivative& loss, const flow_gradients<T>& gradients,
                           const std::vector<flow_penalty>& penalties) {
    const std::size_t d = dims(), n = list.size();
    flow_result<T> r;
    r.text = sentence(r.status);
    if (density()) r.change.assign(samples, 0.0);
    penalty = 0;
    between.resize(n);
    explicit_options<T> solver = options.solver;
    for (std::size_t i = 0; i + 1 < n; i++) {
      const std::size_t part = order(to, i);
      const T* begin = i ? between[i].data() : from;
      ode_solution<T> s =
          solve_explicit<T>(problem(part, parameters, false), start(to, samples, begin), solver, *workers, forward);
      between[i + 1].swap(s.state);
      r.counters += s.counters;
      if (s.status != solve_status::success) return merge(r, s, list[part].name), r;
    }
    by_change.assign(samples, T(0));
    by_inputs.resize(slots.size());
    std::vector<T*> input_targets(slots.size(), nullptr);
    std::vector<std::size_t> widths(slots.size());
    for (std::size_t i = 0; i < slots.size(); i++)
      widths[i] = std::size_t(model.recording.inputs[i].width) * (model.recording.inputs[i].l == level::dim ? d : 1);
    for (const auto& [name, target] : gradients.inputs) {
      const std::size_t slot = slot_of(name);
      std::fill_n(target, samples * widths[slot], T(0));
      if (n > 1) by_inputs[slot].resize(samples * widths[slot]);
      input_targets[slot] = n > 1 ? by_inputs[slot].data() : target;
    }
    const T sign = to == direction::to_data ? T(1) : T(-1);
    for (std::size_t i = n; i-- > 0;) {
      const std::size_t part = order(to, i);
      const ode_entry& e = *list[part].entry;
      const bool traced = list[part].density();
      std::vector<T> weights(std::size_t(e.carried_count), T(0));
      for (const flow_penalty& p : penalties) {
        bool known = false;
        for (int j = traced; j < e.carried_count; j++)
          if (e.carried[j].name.view() == p.carried) weights[std::size_t(j)] += sign * T(p.weight) / T(samples), known = true;
        if (!known)
          throw error("the flow '" + list[part].name + "' carries no '" + p.carried + "' to be penalised: write m.flow<\"" +
                      list[part].name + "\">(f, carry<\"" + p.carried + "\">(rate))");
      }
      const std::size_t q = std::size_t(e.carried_count);
      const loss_derivative<T> of_end = [&](std::size_t begin, std::size_t end, const T* state, const T*, T* by_state,
                                            T* by_carried) {
        if (i + 1 == n) loss(begin, end, state, by_state, by_change.data() + begin);
        else std::copy_n(by_end.begin() + std::ptrdiff_t(begin * d), (end - begin) * d, by_state);
        for (std::size_t s = 0; s < end - begin; s++)
          for (std::size_t j = 0; j < q; j++)
            by_carried[s * q + j] = weights[j] + (j == 0 && traced ? by_change[begin + s] : T(0));
      };
      by_start.resize(samples * d);
      solve_gradients<T> targets{gradients.parameters, i == 0 ? gradients.state : by_start.data(), input_targets.data()};
      const adjoint_options<T> how{adjoint::discrete, options.memory, q > 0};
      ode_solution<T> s = solve_with_gradient<T>(problem(part, parameters), start(to, samples, i ? between[i].data() : from),
                                                 solver, of_end, targets, how, *workers, backward);
      by_end.swap(by_start);
      for (const auto& [name, target] : gradients.inputs)
        if (n > 1)
          for (std::size_t e2 = 0, slot = slot_of(name); e2 < samples * widths[slot]; e2++) target[e2] += by_inputs[slot][e2];
      std::vector<T> end = std::move(r.state);
      merge(r, s, list[part].name);
      if (!r.change.empty()) add_change(r, samples, part);
      add_penalties(r, samples, weights);
      if (i + 1 < n) r.state.swap(end);
      if (!r.ok()) break;
    }
    return r;
  }

 private:
  void add_penalties(const flow_result<T>& r, std::size_t samples, const std::vector<T>& weights) {
    for (std::size_t s = 0; s < samples && r.carried.size() >= samples * weights.size(); s++)
      for (std::size_t j = 0; j < weights.size(); j++) penalty += double(weights[j]) * double(r.carried[s * weights.size() + j]);
  }
};

template <class T>
normalizing_flow<T>::normalizing_flow(const compiled_model& model, flow_options<T> options, const std::vector<std::string>& names)
    : parts_(std::make_unique<parts>(model, std::move(options), names)) {}
template <class T>
normalizing_flow<T>::~normalizing_flow() = default;
template <class T>
normalizing_flow<T>::normalizing_flow(normalizing_flow&&) noexcept = default;
template <class T>
const table& normalizing_flow<T>::recording() const {
  return parts_->model.recording;
}
template <class T>
std::size_t normalizing_flow<T>::dims() const {
  return parts_->dims();
}
template <class T>
std::size_t normalizing_flow<T>::parameters() const {
  return std::size_t(recording().parameters);
}
template <class T>
flow_options<T>& normalizing_flow<T>::options() {
  return parts_->options;
}

template <class T>
flow_result<T> normalizing_flow<T>::to_data(const T* parameters, std::size_t samples, const T* z, const flow_inputs<T>& inputs,
                                            std::uint64_t draw) {
  parts_->bind(inputs, samples, draw);
  return parts_->transport(parameters, samples, z, direction::to_data);
}
template <class T>
flow_result<T> normalizing_flow<T>::to_base(const T* parameters, std::size_t samples, const T* x, const flow_inputs<T>& inputs,
                                            std::uint64_t draw) {
  parts_->bind(inputs, samples, draw);
  return parts_->transport(parameters, samples, x, direction::to_base);
}
template <class T>
flow_result<T> normalizing_flow<T>::log_prob(const T* parameters, std::size_t samples, const T* x, const flow_inputs<T>& inputs,
                                             std::uint64_t draw) {
  parts_->require_density();
  flow_result<T> r = to_base(parameters, samples, x, inputs, draw);
  r.log_prob.resize(samples);
  for (std::size_t s = 0; s < samples; s++) r.log_prob[s] = parts_->base_log_prob(r.state.data() + s * dims()) - r.change[s];
  return r;
}
template <class T>
flow_result<T> normalizing_flow<T>::sample(const T* parameters, std::size_t samples, std::uint64_t seed,
                                           const flow_inputs<T>& inputs) {
  std::vector<double> normals(samples * dims());
  random_stream(seed, "flow base").normals(0, 0, normals.size(), normals.data());
  const std::vector<T> z(normals.begin(), normals.end());
  flow_result<T> r = to_data(parameters, samples, z.data(), inputs, seed);
  if (r.change.empty()) return r;
  r.log_prob.resize(samples);
  for (std::size_t s = 0; s < samples; s++) r.log_prob[s] = parts_->base_log_prob(z.data() + s * dims()) + r.change[s];
  return r;
}

template <class T>
std::vector<T> normalizing_flow<T>::path(const T* parameters, std::size_t samples, const T* z,
                                         const std::vector<double>& fractions, const flow_inputs<T>& inputs) {
  auto& p = *parts_;
  for (std::size_t i = 0; i < fractions.size(); i++)
    if (!(fractions[i] >= 0 && fractions[i] <= 1) || (i && fractions[i] < fractions[i - 1]))
      throw error("the path of a flow is asked for at rising fractions between 0 and 1; " + std::to_string(fractions[i]) +
                  " is not");
  p.bind(inputs, samples, 0);
  const std::size_t size = samples * dims(), n = p.list.size();
  std::vector<T> all(fractions.size() * size), state(z, z + size);
  std::size_t next = 0;
  for (std::size_t part = 0; part < n; part++) {
    explicit_options<T> solver = p.options.solver;
    solver.save_at.clear();
    const std::size_t first = next;
    for (; next < fractions.size() && (fractions[next] * double(n) <= double(part + 1) || part + 1 == n); next++)
      solver.save_at.push_back(
          std::min(p.options.t1,
                   p.options.t0 + (p.options.t1 - p.options.t0) * std::max(0.0, fractions[next] * double(n) - double(part))));
    ode_solution<T> s = solve_explicit<T>(p.problem(part, parameters, false), p.start(direction::to_data, samples, state.data()),
                                          solver, *p.workers, p.forward);
    if (s.status != solve_status::success) throw error("the flow '" + p.list[part].name + "': " + s.text);
    std::copy(s.saved.begin(), s.saved.end(), all.begin() + std::ptrdiff_t(first * size));
    state.swap(s.state);
  }
  return all;
}

template <class T>
flow_loss normalizing_flow<T>::likelihood_gradient(const T* parameters, std::size_t samples, const T* x,
                                                   const flow_inputs<T>& inputs, const flow_gradients<T>& to,
                                                   const std::vector<flow_penalty>& penalties, std::uint64_t draw) {
  auto& p = *parts_;
  p.require_density();
  if (samples == 0) throw error("the likelihood of no samples is not defined");
  p.bind(inputs, samples, draw);
  const std::size_t d = dims();
  const T each = T(1) / T(samples);
  const auto loss = [&](std::size_t begin, std::size_t end, const T* z, T* by_z, T* by_change) {
    for (std::size_t e = 0; e < (end - begin) * d; e++) by_z[e] = each * z[e];
    std::fill_n(by_change, end - begin, each);
  };
  const flow_result<T> r = p.pull_back(parameters, samples, x, direction::to_base, loss, to, penalties);
  flow_loss out;
  out.status = r.status, out.text = r.text, out.counters = r.counters, out.penalty = p.penalty;
  for (std::size_t s = 0; s < samples; s++) out.loss -= p.base_log_prob(r.state.data() + s * d) - r.change[s];
  out.loss = out.loss / double(samples) + out.penalty;
  if (out.ok() && !std::isfinite(out.loss)) {
    out.status = solve_status::not_finite;
    out.text = std::string(sentence(out.status)) + ": the likelihood of the batch is not finite";
  }
  return out;
}

template <class T>
flow_result<T> normalizing_flow<T>::to_data_gradient(const T* parameters, std::size_t samples, const T* z,
                                                     const flow_inputs<T>& inputs, const end_derivative& loss,
                                                     const flow_gradients<T>& to, std::uint64_t draw) {
  parts_->bind(inputs, samples, draw);
  return parts_->pull_back(parameters, samples, z, direction::to_data, loss, to, {});
}

template class normalizing_flow<float>;
template class normalizing_flow<double>;

}  // namespace dimwise
