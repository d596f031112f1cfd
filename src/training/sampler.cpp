// training/sampler.cpp: rows and random numbers to the arrays of a batch.
#include <dimwise/training/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

// Which numbers of a stream a draw uses for what.
enum lane : std::uint64_t { coordinates, times, components, sides, further_states };

std::size_t numbers_of(const table& recording, int slot) {
  const input_slot& s = recording.inputs[slot];
  return std::size_t(s.l == level::dim ? recording.d * s.width : s.width);
}

}  // namespace

template <class T>
void sample_batch<T>::reserve(const table& recording, std::size_t n) {
  state.resize(n * std::size_t(recording.d));
  time.resize(n);
  inputs.resize(std::size_t(recording.input_count));
  input_pointers.resize(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); i++) {
    inputs[i].resize(n * numbers_of(recording, int(i)));
    input_pointers[i] = inputs[i].data();
  }
}

template <class T>
arguments<T> sample_batch<T>::view(const T* constants) const {
  arguments<T> a;
  a.samples = samples;
  a.state = state.data();
  a.time = time.data();
  a.inputs = input_pointers.data();
  a.constants = constants;
  return a;
}

template <class T>
void mixture_sampler<T>::reserve(const compiled_model& model, int mixture, std::size_t n) {
  const auto& outputs = model.template kernels<T>().mixtures[std::size_t(mixture)]->outputs();
  const std::size_t d = std::size_t(model.recording.d);
  for (std::size_t j = 0; j < 3; j++) {
    const std::size_t size = n * std::size_t(outputs[j].width) * (outputs[j].l == level::dim ? d : 1);
    if (values_[j].size() < size) values_[j].resize(size);
  }
  if (numbers_.size() < n * d + n) numbers_.resize(n * d + n);
}

template <class T>
void mixture_sampler<T>::draw(const compiled_model& model, int mixture, const T* parameters, const arguments<T>& in,
                              const random_stream& numbers, std::uint64_t step, std::uint64_t first, team& workers, T* state) {
  const auto& kernel = *model.template kernels<T>().mixtures[std::size_t(mixture)];
  const auto& outputs = kernel.outputs();
  const std::size_t n = in.samples, d = std::size_t(model.recording.d), k = std::size_t(outputs[0].width);
  reserve(model, mixture, n);
  T* out[4] = {values_[0].data(), values_[1].data(), values_[2].data(), nullptr};
  evaluate_all(kernel, parameters, in, out, workers, memory_);
  double* normals = numbers_.data();
  double* uniforms = normals + n * d;
  numbers.normals(step, first * d, n * d, normals, coordinates);
  numbers.uniforms(step, first, n, uniforms, components);
  const bool mean_by_dim = outputs[1].l == level::dim, deviation_by_dim = outputs[2].l == level::dim;
  for (std::size_t s = 0; s < n; s++) {
    const T* log_weight = out[0] + s * k;
    double rest = uniforms[s];
    std::size_t c = 0;
    while (c + 1 < k && (rest -= std::exp(double(log_weight[c]))) >= 0) c++;
    for (std::size_t i = 0; i < d; i++) {
      const T mean = out[1][(mean_by_dim ? s * d + i : s) * k + c];
      const T deviation = out[2][(deviation_by_dim ? s * d + i : s) * k + c];
      state[s * d + i] = T(double(mean) + std::exp(double(deviation)) * normals[s * d + i]);
    }
  }
}

template <class T>
sampler<T>::sampler(const compiled_model& model, const data_sets& sets, std::uint64_t seed, std::size_t capacity)
    : model_(model), sets_(sets), capacity_(capacity) {
  const table& recording = model.recording;
  const std::size_t d = std::size_t(recording.d);
  orders_.resize(std::size_t(recording.set_count));
  validation_rows_.resize(orders_.size());
  chosen_.resize(capacity);
  numbers_.resize(capacity * std::max<std::size_t>(d, 1));
  points_.resize(orders_.size());
  sobol_.resize(orders_.size());
  shift_.resize(d + 1);
  for (int i = 0; i < recording.set_count; i++) {
    const sample_set& set = recording.sets[i];
    const std::string name(set.name.view());
    order_streams_.push_back(stream(seed, "order of " + name));
    value_streams_.push_back(stream(seed, "samples of " + name));
    validation_streams_.push_back(stream(seed, "validation samples of " + name));
    if (set.source == sample_source::density) mixture_.reserve(model, set.mixture, capacity);
    if (is_fixed(set.source)) points_[std::size_t(i)] = tensor_points(recording, set);
    if (set.source == sample_source::sobol) sobol_[std::size_t(i)] = sobol_bits(d + 1, capacity);
    const int owner = rows_of(i);
    if (owner < 0 || !sets.at(owner).bound) continue;
    const bound_set& data = sets.at(owner);
    orders_[std::size_t(i)].rows.resize(data.training.size());
    // More rows than are asked for: a choice that is fixed for the run.
    auto& rows = validation_rows_[std::size_t(i)];
    rows = data.validation.empty() ? data.training : data.validation;
    validation_streams_.back().shuffle(0, rows);
  }
}

template <class T>
int sampler<T>::rows_of(int set) const {
  const sample_set& s = model_.recording.sets[set];
  switch (s.source) {
    case sample_source::file:
    case sample_source::transitions: return set;
    case sample_source::jittered: return rows_of(s.of);
    default: return -1;
  }
}

template <class T>
void sampler<T>::copy_rows(const source& from, int set, sample_batch<T>& out) const {
  const table& recording = model_.recording;
  const bound_set& data = sets_.at(set);
  const std::size_t d = std::size_t(recording.d), n = from.count;
  for (std::size_t s = 0; s < n; s++) {
    const std::size_t r = from.rows[s];
    for (std::size_t i = 0; i < d && !data.state.empty(); i++) out.state[s * d + i] = T(data.state[r * d + i]);
    if (!data.data.time.empty()) out.time[s] = T(data.data.time[r]);
  }
  const bool pairs = recording.sets[set].source == sample_source::transitions;
  for (int j = 0; j < recording.input_count; j++) {
    T* to = out.inputs[std::size_t(j)].data();
    const auto name = recording.inputs[j].name.view();
    const std::size_t width = numbers_of(recording, j);
    if (pairs && name == "next" && width == d) {
      for (std::size_t s = 0; s < n; s++)
        for (std::size_t i = 0; i < d; i++) to[s * d + i] = T(data.state[(from.rows[s] + 1) * d + i]);
    } else if (pairs && name == "step" && width == 1) {
      for (std::size_t s = 0; s < n; s++) to[s] = T(data.data.clock_at(from.rows[s] + 1) - data.data.clock_at(from.rows[s]));
    } else if (!data.data.inputs[std::size_t(j)].empty()) {
      const auto& values = data.data.inputs[std::size_t(j)];
      for (std::size_t s = 0; s < n; s++)
        for (std::size_t i = 0; i < width; i++) to[s * width + i] = T(values[from.rows[s] * width + i]);
    }
  }
}

template <class T>
void sampler<T>::draw_times(const source& from, sample_batch<T>& out) {
  from.numbers->uniforms(from.step, 0, from.count, numbers_.data(), times);
  for (std::size_t s = 0; s < from.count; s++) out.time[s] = T(from.set->t0 + (from.set->t1 - from.set->t0) * numbers_[s]);
}

template <class T>
void sampler<T>::draw_box(const source& from, sample_batch<T>& out) {
  const std::size_t n = from.count * std::size_t(model_.recording.d);
  from.numbers->uniforms(from.step, 0, n, numbers_.data(), coordinates);
  for (std::size_t i = 0; i < n; i++) out.state[i] = T(from.set->lower + (from.set->upper - from.set->lower) * numbers_[i]);
  for (int j = 0; j < model_.recording.input_count; j++) {
    if (!model_.recording.inputs[j].state) continue;
    from.numbers->uniforms(from.step, 0, n, numbers_.data(), further_states + std::uint64_t(j));
    for (std::size_t i = 0; i < n; i++)
      out.inputs[std::size_t(j)][i] = T(from.set->lower + (from.set->upper - from.set->lower) * numbers_[i]);
  }
}

template <class T>
void sampler<T>::draw_faces(const source& from, sample_batch<T>& out) {
  const std::size_t d = std::size_t(model_.recording.d);
  draw_box(from, out);
  for (std::size_t s = 0; s < from.count; s++) {
    const std::size_t face = from.numbers->below(2 * d, from.step, s, sides);
    out.state[s * d + face / 2] = T(face % 2 ? from.set->upper : from.set->lower);
  }
}

// The digits of each coordinate are shifted by those of one random number, which keeps the sequence's evenness.
template <class T>
void sampler<T>::draw_sobol(const source& from, int set, sample_batch<T>& out) {
  const std::size_t d = std::size_t(model_.recording.d);
  constexpr double unit = 0x1p-53;
  for (std::size_t j = 0; j <= d; j++) shift_[j] = std::uint64_t(from.numbers->uniform(from.step, j) * 0x1p53);
  const std::uint64_t* bits = sobol_[std::size_t(set)].data();
  for (std::size_t s = 0; s < from.count; s++, bits += d + 1) {
    for (std::size_t i = 0; i < d; i++)
      out.state[s * d + i] = T(from.set->lower + (from.set->upper - from.set->lower) * (double(bits[i] ^ shift_[i]) * unit));
    out.time[s] = T(from.set->t0 + (from.set->t1 - from.set->t0) * (double(bits[d] ^ shift_[d]) * unit));
  }
}

template <class T>
void sampler<T>::copy_points(int set, sample_batch<T>& out) const {
  const point_set& points = points_[std::size_t(set)];
  for (std::size_t i = 0; i < points.state.size(); i++) out.state[i] = T(points.state[i]);
  for (std::size_t s = 0; s < points.time.size(); s++) out.time[s] = T(points.time[s]);
  out.shares.assign(points.shares.begin(), points.shares.end());
}

template <class T>
void sampler<T>::fill(const source& from, int set, team& workers, sample_batch<T>& out) {
  const std::size_t d = std::size_t(model_.recording.d), n = from.count;
  out.samples = n;
  out.shares.clear();
  switch (from.set->source) {
    case sample_source::file:
    case sample_source::transitions:
    case sample_source::jittered:
      copy_rows(from, rows_of(set), out);
      // A jittered set of a jittered set adds the deviations of both.
      for (const sample_set* s = from.set; s->source == sample_source::jittered; s = &model_.recording.sets[s->of]) {
        from.numbers->normals(from.step, 0, n * d, numbers_.data(), std::uint64_t(s - model_.recording.sets));
        for (std::size_t i = 0; i < n * d; i++) out.state[i] = T(double(out.state[i]) + s->spread * numbers_[i]);
      }
      break;
    case sample_source::density: {
      draw_times(from, out);
      std::fill(out.state.begin(), out.state.end(), T(0));
      mixture_.draw(model_, from.set->mixture, from.parameters, out.view(from.constants), *from.numbers, from.step, 0, workers,
                    out.state.data());
      break;
    }
    case sample_source::box:
      draw_times(from, out);
      draw_box(from, out);
      break;
    case sample_source::faces:
      draw_times(from, out);
      draw_faces(from, out);
      break;
    case sample_source::sobol: draw_sobol(from, set, out); break;
    case sample_source::grid:
    case sample_source::gauss: copy_points(set, out); break;
  }
}

template <class T>
void sampler<T>::draw(int set, int stage, std::uint64_t step, std::size_t count, const T* parameters, const T* constants,
                      team& workers, sample_batch<T>& out) {
  if (const std::size_t all = fixed_points(model_.recording, model_.recording.sets[set])) count = all;
  if (count > capacity_) throw error("a batch of " + std::to_string(count) + " samples does not fit");
  // Steps of different stages get different numbers.
  const std::uint64_t far = std::uint64_t(stage) << 48;
  source from{
      &model_.recording.sets[set], chosen_.data(), count, &value_streams_[std::size_t(set)], far + step, parameters, constants};
  const int owner = rows_of(set);
  if (owner >= 0) {
    const auto& training = sets_.at(owner).training;
    order& o = orders_[std::size_t(set)];
    const std::uint64_t n = training.size();
    for (std::size_t i = 0; i < count; i++) {
      const std::uint64_t place = step * count + i, number = far + place / n;
      if (number != o.number) {
        order_streams_[std::size_t(set)].permutation(number, std::size_t(n), o.rows.data());
        o.number = number;
      }
      chosen_[i] = training[o.rows[std::size_t(place % n)]];
    }
  }
  fill(from, set, workers, out);
}

template <class T>
std::size_t sampler<T>::validation_samples(int set, std::size_t count) const {
  if (const std::size_t all = fixed_points(model_.recording, model_.recording.sets[set])) return all;
  count = std::min(count, capacity_);
  return rows_of(set) < 0 ? count : std::min(count, validation_rows_[std::size_t(set)].size());
}

template <class T>
void sampler<T>::draw_validation(int set, std::size_t count, const T* parameters, const T* constants, team& workers,
                                 sample_batch<T>& out) {
  source from{&model_.recording.sets[set],
              validation_rows_[std::size_t(set)].data(),
              validation_samples(set, count),
              &validation_streams_[std::size_t(set)],
              0,
              parameters,
              constants};
  fill(from, set, workers, out);
}

template <class T>
void sample_mixture(const compiled_model& model, int mixture, const T* parameters, const T* constants, std::size_t n,
                    const T* time, std::uint64_t seed, team& workers, T* state) {
  const std::size_t d = std::size_t(model.recording.d), chunk = 4096;
  const auto numbers = stream(seed, "mixture " + std::string(model.recording.mixtures[mixture].name.view()));
  mixture_sampler<T> drawn;
  sample_batch<T> batch;
  batch.reserve(model.recording, std::min(n, chunk));
  for (std::size_t first = 0; first < n; first += chunk) {
    batch.samples = std::min(chunk, n - first);
    if (time) std::copy(time + first, time + first + batch.samples, batch.time.begin());
    drawn.draw(model, mixture, parameters, batch.view(constants), numbers, 0, first, workers, state + first * d);
  }
}

template struct sample_batch<float>;
template struct sample_batch<double>;
template class mixture_sampler<float>;
template class mixture_sampler<double>;
template class sampler<float>;
template class sampler<double>;
template void sample_mixture<float>(const compiled_model&, int, const float*, const float*, std::size_t, const float*,
                                    std::uint64_t, team&, float*);
template void sample_mixture<double>(const compiled_model&, int, const double*, const double*, std::size_t, const double*,
                                     std::uint64_t, team&, double*);

}  // namespace dimwise
