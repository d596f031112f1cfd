// training/objectives.cpp: draws, kernels and means of a stage's objectives.
#include <dimwise/training/objectives.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include <dimwise/core/error.hpp>
#include <dimwise/training/trained_entries.hpp>

namespace dimwise {
namespace {

std::string quoted(const short_name& name) { return "'" + std::string(name.view()) + "'"; }

// Where the inputs of a set's samples come from: index of a set of rows, or -1.
int rows_of(const table& recording, int set) {
  const sample_set& s = recording.sets[set];
  if (s.source == sample_source::file || s.source == sample_source::transitions) return set;
  return s.source == sample_source::jittered ? rows_of(recording, s.of) : -1;
}

// Whether the samples of a set carry an input; otherwise why not.
bool gives_input(const data_sets& sets, int set, int input, std::string& why) {
  const table& recording = sets.recording();
  const int owner = rows_of(recording, set);
  if (owner < 0 && recording.inputs[input].state && recording.sets[set].source == sample_source::box) return true;
  if (owner < 0) {
    why = "the points of that set carry no inputs";
    return false;
  }
  const auto name = recording.inputs[input].name.view();
  if (recording.sets[owner].source == sample_source::transitions && (name == "next" || name == "step")) return true;
  const data_rows& rows = sets.at(owner).data;
  if (!rows.inputs[std::size_t(input)].empty()) return true;
  why = rows.absent[std::size_t(input)];
  if (why.empty()) why = rows.origin + " does not give it";
  return false;
}

std::size_t largest_draw(const table& recording, std::size_t n) {
  for (int i = 0; i < recording.set_count; i++) n = std::max(n, draws_of(recording, i, n));
  return n;
}

struct extreme {
  int tensor = -1;
  double norm = 0;
};

// The first tensor with an entry that is not finite, or else the one with the largest norm.
extreme worst_tensor(const table& recording, const double* values, bool& finite) {
  extreme worst;
  for (int n = 0; n < recording.tensor_count; n++) {
    const tensor& t = recording.tensors[n];
    double sum = 0;
    for (int e = 0; e < t.size(); e++) sum += values[t.offset + e] * values[t.offset + e];
    if (!std::isfinite(sum)) {
      finite = false;
      return {n, sum};
    }
    if (sum > worst.norm * worst.norm) worst = {n, std::sqrt(sum)};
  }
  finite = true;
  return worst;
}

}  // namespace

std::size_t draws_of(const table& recording, int set, std::size_t batch) {
  if (const std::size_t all = fixed_points(recording, recording.sets[set])) return all;
  const int draws = recording.sets[set].draws;
  return draws > 0 ? std::size_t(draws) : batch;
}

std::vector<double> constants_of(const table& recording, const std::map<std::string, double>& given) {
  std::vector<double> values;
  std::string known;
  for (int i = 0; i < recording.constant_count; i++) {
    values.push_back(recording.constants[i].value);
    known += (i ? ", " : "") + quoted(recording.constants[i].name);
  }
  for (const auto& [name, value] : given) {
    bool found = false;
    for (int i = 0; i < recording.constant_count; i++) {
      if (recording.constants[i].name.view() != name) continue;
      values[std::size_t(i)] = value;
      found = true;
    }
    if (!found)
      throw error("the model has no run-time constant '" + name + "'; " + (known.empty() ? "it has none" : "it has " + known));
    if (!std::isfinite(value)) throw error("the run-time constant '" + name + "' is not finite");
  }
  return values;
}

void require_computable(const compiled_model& model, const data_sets& sets) {
  const table& recording = model.recording;
  for (int n = 0; n < recording.objective_count; n++) {
    const objective_entry& o = recording.objectives[n];
    const std::string start = "the objective " + quoted(o.name) + " cannot be computed: ";
    if (o.set < 0 || o.set >= recording.set_count) throw error(start + "it has no sample set");
    const int owner = rows_of(recording, o.set);
    if (owner >= 0 && !sets.at(owner).bound)
      throw error(start + "no data is given for the sample set " + quoted(recording.sets[owner].name) +
                  "; bind a .csv or .npy file to it");
    if (owner >= 0 && sets.at(owner).training.empty())
      throw error(start + "the sample set " + quoted(recording.sets[owner].name) + " was not prepared");
    for (int i = 0; i < recording.input_count; i++) {
      std::string why;
      const bool read = reads(recording, o.node, op::input, i) || reads(recording, o.node, op::input_per_dim, i);
      if (read && !gives_input(sets, o.set, i, why))
        throw error(start + "it reads the input " + quoted(recording.inputs[i].name) + " on the sample set " +
                    quoted(recording.sets[o.set].name) + ", and " + why);
    }
  }
}

template <class T>
objective_runner<T>::objective_runner(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch,
                                      std::size_t validation_samples, std::uint64_t seed,
                                      const std::map<std::string, double>& weights,
                                      const std::map<std::string, double>& constants, team& workers)
    : model_(model),
      stage_(stage),
      batch_(batch),
      validation_(validation_samples),
      workers_(workers),
      sampler_(model, sets, seed, largest_draw(model.recording, std::max(batch, validation_samples))) {
  const table& recording = model.recording;
  const auto& kernels = model.template kernels<T>().objectives;
  const std::size_t capacity = largest_draw(recording, std::max(batch, validation_samples));
  std::string known;
  for (int n = 0; n < recording.objective_count; n++) known += (n ? ", " : "") + quoted(recording.objectives[n].name);
  for (const auto& [name, weight] : weights) {
    bool found = false;
    for (int n = 0; n < recording.objective_count; n++) found = found || recording.objectives[n].name.view() == name;
    if (!found) throw error("the model has no objective '" + name + "'; its objectives are " + known);
    if (!std::isfinite(weight)) throw error("the weight of the objective '" + name + "' is not finite");
  }
  for (int n = 0; n < recording.objective_count; n++) {
    const objective_entry& o = recording.objectives[n];
    if (o.stage != stage) continue;
    if (std::size_t(n) >= kernels.size() || !kernels[std::size_t(n)])
      throw error("the model '" + model.name + "' has no kernels of this precision; build it with them");
    slot s;
    s.objective = n;
    s.set = o.set;
    const auto given = weights.find(std::string(o.name.view()));
    s.weight = given == weights.end() ? o.weight : given->second;
    s.kernel = kernels[std::size_t(n)].get();
    if (o.integral >= 0) s.volume = volume_of(recording, recording.sets[o.set]), s.target = o.target;
    const auto used = std::find(sets_used_.begin(), sets_used_.end(), o.set);
    s.batch = std::size_t(used - sets_used_.begin());
    if (used == sets_used_.end()) sets_used_.push_back(o.set);
    s.values.resize(capacity);
    const std::size_t samples = draws_of(recording, o.set, batch);
    s.cotangents.assign(samples, T(s.weight / double(samples)));
    slots_.push_back(std::move(s));
    objectives_.push_back(n);
  }
  batches_.resize(sets_used_.size());
  for (auto& b : batches_) b.reserve(recording, capacity);
  parameters_.resize(std::size_t(recording.parameters));
  for (const double c : constants_of(recording, constants)) constants_.push_back(T(c));
  losses_.assign(std::size_t(recording.objective_count), std::numeric_limits<double>::quiet_NaN());
}

template <class T>
const T* objective_runner<T>::cast(const double* parameters) {
  if constexpr (sizeof(T) == sizeof(double)) return parameters;
  else {
    round_all(parameters, parameters_.data(), parameters_.size(), workers_);
    return parameters_.data();
  }
}

template <class T>
void objective_runner<T>::draw(std::uint64_t step, const T* parameters) {
  for (std::size_t i = 0; i < sets_used_.size(); i++)
    sampler_.draw(sets_used_[i], stage_, step, draws_of(model_.recording, sets_used_[i], batch_), parameters, constants_.data(),
                  workers_, batches_[i]);
}

// The loss of the values: their mean, or the squared distance of an integral from its target.
template <class T>
double objective_runner<T>::mean_of(const slot& s) const {
  const sample_batch<T>& batch = batches_[s.batch];
  double mean = 0;
  if (batch.shares.empty()) mean = mean_in_order(s.values.data(), batch.samples);
  else
    for (std::size_t i = 0; i < batch.samples; i++) mean += batch.shares[i] * double(s.values[i]);
  return s.volume == 0 ? mean : (s.volume * mean - s.target) * (s.volume * mean - s.target);
}

template <class T>
double objective_runner<T>::compute_values(slot& s, const T* parameters) {
  T* out[1] = {s.values.data()};
  evaluate_all(*s.kernel, parameters, batches_[s.batch].view(constants_.data()), out, workers_, memory_);
  return mean_of(s);
}

template <class T>
double objective_runner<T>::compute_gradient(slot& s, const T* parameters, double* gradient) {
  const sample_batch<T>& batch = batches_[s.batch];
  const T* cotangents[1] = {s.cotangents.data()};
  T* out[1] = {s.values.data()};
  double factor = s.weight;
  if (s.volume != 0) {  // 2 (integral - target) times the gradient of the integral
    compute_values(s, parameters);
    double mean = 0;
    for (std::size_t i = 0; i < batch.samples; i++) mean += batch.share(i) * double(s.values[i]);
    factor *= 2 * s.volume * (s.volume * mean - s.target);
  }
  if (s.volume != 0 || !batch.shares.empty())
    for (std::size_t i = 0; i < batch.samples; i++) s.cotangents[i] = T(factor * batch.share(i));
  gradient_all(*s.kernel, parameters, parameters_.size(), batch.view(constants_.data()), cotangents, out, gradient, workers_,
               memory_);
  return mean_of(s);
}

template <class T>
double objective_runner<T>::gradient(std::uint64_t step, const double* parameters, double* gradient) {
  const T* p = cast(parameters);
  draw(step, p);
  double total = 0;
  for (slot& s : slots_) {
    const double loss = compute_gradient(s, p, gradient);
    losses_[std::size_t(s.objective)] = loss;
    total += s.weight * loss;
  }
  return total;
}

template <class T>
double objective_runner<T>::validation(const double* parameters) {
  const T* p = cast(parameters);
  for (std::size_t i = 0; i < sets_used_.size(); i++)
    sampler_.draw_validation(sets_used_[i], validation_, p, constants_.data(), workers_, batches_[i]);
  double total = 0;
  for (slot& s : slots_) {
    const double loss = compute_values(s, p);
    losses_[std::size_t(s.objective)] = loss;
    total += s.weight * loss;
  }
  return total;
}

template <class T>
std::string objective_runner<T>::explain(std::uint64_t step, const double* parameters, const double* before) {
  const table& recording = model_.recording;
  const T* p = cast(parameters);
  draw(step, p);
  std::vector<double> own(parameters_.size());
  std::string text;
  for (slot& s : slots_) {
    std::fill(own.begin(), own.end(), 0.0);
    const double loss = compute_gradient(s, p, own.data());
    bool finite = true;
    const extreme bad = worst_tensor(recording, own.data(), finite);
    if (std::isfinite(loss) && finite) continue;
    const std::string name = quoted(recording.objectives[s.objective].name);
    const std::string batch = " in batch " + std::to_string(step + 1);
    if (!std::isfinite(loss)) {
      text = "the objective " + name + " is not finite" + batch;
      const auto sample = std::find_if(s.values.begin(), s.values.begin() + std::ptrdiff_t(s.cotangents.size()),
                                       [](T v) { return !std::isfinite(v); });
      if (sample != s.values.begin() + std::ptrdiff_t(s.cotangents.size()))
        text += ", first at its sample " + std::to_string(sample - s.values.begin());
    } else {
      text = "the gradient of the objective " + name + " is not finite" + batch;
    }
    if (!finite) text += ", and the first tensor whose gradient is not finite is " + quoted(recording.tensors[bad.tensor].name);
    break;
  }
  if (text.empty()) text = "the sum of the gradients is not finite in batch " + std::to_string(step + 1);
  bool finite = true;
  if (const extreme at = worst_tensor(recording, parameters, finite); !finite)
    text += "; the parameters of " + quoted(recording.tensors[at.tensor].name) + " are not finite themselves";
  const extreme largest = worst_tensor(recording, before, finite);
  if (finite && largest.tensor >= 0) {
    char norm[32];
    std::snprintf(norm, sizeof norm, "%.3g", largest.norm);
    text += "; in the batch before, the largest gradient was that of " + quoted(recording.tensors[largest.tensor].name) +
            " (norm " + norm + ")";
  }
  return text;
}

template class objective_runner<float>;
template class objective_runner<double>;

}  // namespace dimwise
