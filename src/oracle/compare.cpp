// src/oracle/compare.cpp: comparison of kernels with exact values.
#include "../../include/dimwise/oracle/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "../../include/dimwise/core/aligned.hpp"
#include "../../include/dimwise/core/random.hpp"

namespace dimwise {
namespace {

template <class T>
constexpr bool single = sizeof(T) == 4;
template <class T>
std::string precision_name() {
  return single<T> ? "float" : "double";
}

/// Numbers of an output for one sample.
std::size_t numbers_of(const table& t, const output_info& o) { return std::size_t(o.width * (o.l == level::dim ? t.d : 1)); }

std::string place_of(const table& t, const output_info& o, std::size_t number, std::size_t sample) {
  std::string text = "sample " + std::to_string(sample);
  if (o.l == level::dim && t.d > 1) text += ", dimension " + std::to_string(number / std::size_t(o.width));
  if (o.width > 1) text += ", feature " + std::to_string(number % std::size_t(o.width));
  return text;
}

/// Keeps the worst error; numbers that are not finite are the worst of all.
void keep_worst(check_record& r, double error, const std::string& where) {
  if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
  if (r.where.empty() || error > r.max_relative_error) {
    r.max_relative_error = std::max(r.max_relative_error, error);
    r.where = where;
  }
  r.ok = r.max_relative_error <= r.bound;
}

/// Entries of a tensor that a mask leaves free, or those that it does not.
std::vector<int> entries_of(const tensor& w, bool free) {
  std::vector<int> entries;
  const int slices = w.rank == 3 ? w.shape[0] : 1, rows = w.rank == 3 ? w.shape[1] : w.shape[0];
  const int columns = w.rank == 3 ? w.shape[2] : w.shape[1];
  for (int i = 0; i < slices; i++)
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < columns; c++)
        if (allowed(w, i, r, c) == free) entries.push_back((i * rows + r) * columns + c);
  return entries;
}

std::string entry_text(const tensor& w, int entry) {
  std::string text;
  for (int axis = w.rank - 1; axis >= 0; axis--) {
    text = (axis ? "," : "[") + std::to_string(entry % w.shape[axis]) + text;
    entry /= w.shape[axis];
  }
  return "entry " + text + "]";
}

template <class T>
std::vector<T> converted(const std::vector<double>& v) {
  return std::vector<T>(v.begin(), v.end());
}

}  // namespace

template <class T>
kernel_arguments<T>::kernel_arguments(const table& t, const std::vector<sample_inputs>& samples) {
  const auto append = [](std::vector<T>& to, const std::vector<double>& from, std::size_t n) {
    for (std::size_t i = 0; i < n; i++) to.push_back(i < from.size() ? T(from[i]) : T(0));
  };
  inputs_.resize(std::size_t(t.input_count));
  for (const auto& s : samples) {
    append(state_, s.state, std::size_t(t.d));
    time_.push_back(T(s.time));
    for (int i = 0; i < t.input_count; i++) {
      const auto n = std::size_t(t.inputs[i].width * (t.inputs[i].l == level::dim ? t.d : 1));
      append(inputs_[std::size_t(i)], std::size_t(i) < s.inputs.size() ? s.inputs[std::size_t(i)] : std::vector<double>{}, n);
    }
  }
  // constants are the same for all samples
  for (int i = 0; i < t.constant_count; i++)
    constants_.push_back(
        T(samples.empty() || samples[0].constants.empty() ? t.constants[i].value : samples[0].constants[std::size_t(i)]));
  for (auto& values : inputs_) input_pointers_.push_back(values.data());
  view_.samples = samples.size();
  view_.state = state_.data();
  view_.time = time_.data();
  view_.inputs = input_pointers_.data();
  view_.constants = constants_.data();
}

template <class T>
std::vector<std::vector<T>> evaluate(const kernel_interface<T>& kernel, const reference_values& at) {
  const kernel_arguments<T> in(at.recording(), at.samples());
  std::vector<std::vector<T>> values;
  std::vector<T*> out;
  // a number that no kernel should leave: what is not written shows
  for (const auto& o : kernel.outputs())
    values.emplace_back(at.samples().size() * numbers_of(at.recording(), o), std::numeric_limits<T>::quiet_NaN());
  for (auto& v : values) out.push_back(v.data());
  aligned_vector<T> workspace(kernel.evaluate_workspace());
  const auto parameters = converted<T>(at.parameters());
  kernel.evaluate(parameters.data(), in.view(), 0, at.samples().size(), out.data(), workspace.data());
  return values;
}

template <class T>
std::vector<check_record> compare_outputs(const kernel_interface<T>& kernel, reference_values& exact,
                                          const std::vector<output_label>& labels, const check_bounds& bounds) {
  const auto values = evaluate(kernel, exact);
  const table& t = exact.recording();
  const double share = single<T> ? 1 : 1e-3;
  const wide_number least = wide_number(std::numeric_limits<T>::min()) / std::numeric_limits<T>::epsilon();
  std::vector<check_record> records;
  for (std::size_t j = 0; j < kernel.outputs().size(); j++) {
    const output_info& o = kernel.outputs()[j];
    const node& n = t.nodes[o.node];
    check_record r;
    r.name = labels[j].name;
    r.quantity = labels[j].quantity;
    r.order = n.o == op::D ? n.n : 0;
    r.precision = precision_name<T>();
    r.bound = single<T> ? bounds.single : bounds.value;
    const std::size_t count = numbers_of(t, o);
    for (std::size_t s = 0; s < exact.samples().size(); s++) {
      const auto& reference = exact.of(o.node, int(s));
      for (std::size_t e = 0; e < count; e++) {
        const T got = values[j][s * count + e];
        const wide_number &truth = reference.exact[e], &largest = reference.largest[e];
        double error = std::numeric_limits<double>::infinity();
        if (std::isfinite(got) && isfinite(truth)) {
          const wide_number scale =
              std::max({wide_number(share * largest), wide_number(abs(truth)), least, wide_number(bounds.least)});
          error = double(wide_number(abs(wide_number(got - truth)) / scale));
        }
        keep_worst(r, error, place_of(t, o, e, s) + (isfinite(truth) ? "" : " (the exact value is not finite)"));
      }
    }
    records.push_back(r);
  }
  return records;
}

template <class T>
std::vector<check_record> compare_gradient(const kernel_interface<T>& kernel, std::size_t output, reference_values& exact,
                                           const output_label& label, const gradient_sampling& which,
                                           const check_bounds& bounds) {
  const table& t = exact.recording();
  const output_info& o = kernel.outputs()[output];
  const std::size_t count = numbers_of(t, o), samples = exact.samples().size();
  const std::size_t used = std::min(samples, std::size_t(std::max(1, which.samples)));
  std::vector<double> cotangent(count, 1.0);
  if (count > 1) stream(which.seed, "check.cotangent").normals(std::uint64_t(output), 0, count, cotangent.data());
  round_to_float(cotangent);

  // one call for each sample, with a cotangent there alone
  const kernel_arguments<T> in(t, exact.samples());
  const auto parameters = converted<T>(exact.parameters());
  aligned_vector<T> workspace(kernel.gradient_workspace());
  std::vector<std::vector<double>> gradients(used);
  for (std::size_t s = 0; s < used; s++) {
    std::vector<std::vector<T>> values;
    std::vector<T*> out;
    for (const auto& each : kernel.outputs()) values.emplace_back(samples * numbers_of(t, each));
    for (auto& v : values) out.push_back(v.data());
    std::vector<T> seeded(samples * count, T(0));
    for (std::size_t e = 0; e < count; e++) seeded[s * count + e] = T(cotangent[e]);
    std::vector<const T*> cotangents(kernel.outputs().size(), nullptr);
    cotangents[output] = seeded.data();
    gradients[s].assign(exact.parameters().size(), 0.0);
    kernel.gradient(parameters.data(), in.view(), 0, samples, cotangents.data(), out.data(), gradients[s].data(),
                    workspace.data());
  }

  struct compared {
    int tensor, entry;
    std::size_t sample;
    double truth, got;
  };
  std::vector<compared> all;
  std::vector<double> largest_of(std::size_t(t.tensor_count), 0.0);
  std::vector<check_record> records;
  for (int w = 0; w < t.tensor_count; w++) {
    const tensor& x = t.tensors[w];
    const bool reached = x.trained && basic_oracle<fifty_digits>::reaches(t, x.offset, o.node);
    // exactly zero where nothing may flow
    check_record zero{label.name, "gradient of " + std::string(x.name.view()), 0, precision_name<T>(), 0, 0, true, ""};
    for (int e : reached ? entries_of(x, false) : [&] {
           std::vector<int> every(std::size_t(x.size()));
           for (int i = 0; i < x.size(); i++) every[std::size_t(i)] = i;
           return every;
         }())
      for (std::size_t s = 0; s < used; s++)
        if (!(gradients[s][std::size_t(x.offset + e)] == 0))
          keep_worst(zero, std::numeric_limits<double>::infinity(),
                     entry_text(x, e) + ", sample " + std::to_string(s) + " must have no gradient");
    if (!zero.ok) records.push_back(zero);
    if (!reached) continue;
    auto entries = entries_of(x, true);
    if (int(entries.size()) > which.entries) {
      stream(which.seed, "check.entries." + std::string(x.name.view())).shuffle(std::uint64_t(output), entries);
      entries.resize(std::size_t(which.entries));
    }
    for (std::size_t i = 0; i < entries.size(); i++) {
      const std::size_t s = i % used;
      const auto derivatives = exact.gradient(o.node, int(s), x.offset + entries[i]);
      fifty_digits truth = 0;
      for (std::size_t e = 0; e < count; e++) truth += cotangent[e] * derivatives[e];
      all.push_back({w, entries[i], s, double(truth), gradients[s][std::size_t(x.offset + entries[i])]});
      largest_of[std::size_t(w)] = std::max(largest_of[std::size_t(w)], std::abs(double(truth)));
    }
  }
  const double largest = largest_of.empty() ? 0 : *std::max_element(largest_of.begin(), largest_of.end());
  const double least = double(std::numeric_limits<T>::min()) / double(std::numeric_limits<T>::epsilon());
  int last = -1;
  for (const auto& c : all) {
    const tensor& x = t.tensors[c.tensor];
    if (c.tensor != last) {
      records.push_back({label.name, "gradient of " + std::string(x.name.view()), 0, precision_name<T>(), 0,
                         single<T> ? bounds.single : bounds.gradient, true, ""});
      last = c.tensor;
    }
    const double of_tensor = largest_of[std::size_t(c.tensor)];
    const double scale = std::max(
        {std::abs(c.truth), (single<T> ? 1 : 1e-4) * of_tensor, (single<T> ? 1e-2 : 1e-6) * largest, least, bounds.least});
    const double error = std::isfinite(c.got) ? std::abs(c.got - c.truth) / scale : std::numeric_limits<double>::infinity();
    keep_worst(records.back(), error, entry_text(x, c.entry) + ", sample " + std::to_string(c.sample));
  }
  return records;
}

#define DIMWISE_INSTANTIATE(T)                                                                                    \
  template struct kernel_arguments<T>;                                                                            \
  template std::vector<std::vector<T>> evaluate(const kernel_interface<T>&, const reference_values&);             \
  template std::vector<check_record> compare_outputs(const kernel_interface<T>&, reference_values&,               \
                                                     const std::vector<output_label>&, const check_bounds&);      \
  template std::vector<check_record> compare_gradient(const kernel_interface<T>&, std::size_t, reference_values&, \
                                                      const output_label&, const gradient_sampling&, const check_bounds&);
DIMWISE_INSTANTIATE(double)
DIMWISE_INSTANTIATE(float)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise
