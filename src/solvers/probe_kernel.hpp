// solvers/probe_kernel.hpp: a kernel that averages or adds up the estimates e' J e of several directions e.
#pragma once
#include <algorithm>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/kernel/compiled_model.hpp>

namespace dimwise::detail {

/// f and a rate that reads an input e (one number for each dimension), as the same with the rate of `count` directions: the unit
/// vectors, added up, or e with signs changed, averaged. Outputs besides f that do not read e keep their value.
template <class T>
class probe_kernel final : public kernel_interface<T> {
 public:
  probe_kernel(const kernel_interface<T>& one, const table& recording, int noise, int count, bool unit_vectors)
      : one_(one), noise_(noise), count_(unit_vectors ? recording.d : count), unit_(unit_vectors), d_(std::size_t(recording.d)) {
    if (recording.input_count > most_inputs)
      throw error("a flow with trace::full, or with several probes, can have at most 63 inputs");
    for (int i = 0; i < recording.input_count; i++)
      widths_.push_back(std::size_t(recording.inputs[i].width) * (recording.inputs[i].l == level::dim ? d_ : 1));
    if (unit_) return;
    signs_.assign(std::size_t(count_) * d_, T(1));
    const random_stream r(0, "signs of probes");
    for (std::size_t e = d_; e < signs_.size(); e++) signs_[e] = r.uniform(0, e) < 0.5 ? T(-1) : T(1);
  }
  const std::vector<output_info>& outputs() const override { return one_.outputs(); }
  kernel_cost cost() const override {
    kernel_cost c = one_.cost();
    c.value_matrix_flop *= count_, c.gradient_matrix_flop *= count_, c.value_other_flop *= count_;
    return c;
  }
  bool has_gradient() const override { return one_.has_gradient(); }
  std::size_t block() const override { return one_.block(); }
  std::size_t evaluate_workspace() const override { return rounded(one_.evaluate_workspace()) + scratch(); }
  std::size_t gradient_workspace() const override { return vector_jacobian_workspace(); }
  std::size_t prepared_size() const override { return one_.prepared_size(); }
  void prepare(const T* parameters, T* prepared) const override { one_.prepare(parameters, prepared); }
  bool has_vector_jacobian() const override { return one_.has_vector_jacobian(); }
  std::size_t vector_jacobian_workspace() const override { return rounded(one_.vector_jacobian_workspace()) + scratch(); }

  void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                T* workspace) const override {
    each_block(in, begin, end, workspace + rounded(one_.evaluate_workspace()),
               [&](const arguments<T>& at, std::size_t first, int probe, T* of_probe) {
                 T* outputs[1 + most_carried] = {};
                 results(out, first, probe, at.samples, of_probe, outputs);
                 one_.evaluate(parameters, at, 0, at.samples, outputs, workspace);
                 add_rates(out, first, probe, at.samples, of_probe);
               });
  }
  void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, double* gradient, T* workspace) const override {
    vector_jacobian(parameters, in, begin, end, cotangents, out, {}, gradient, workspace);
  }
  void vector_jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                       const T* const* cotangents, T* const* out, const input_cotangents<T>& by, double* gradient, T* workspace,
                       int* pending = nullptr) const override {
    int own = 0;
    int* const left = gradient ? (pending ? pending : &own) : nullptr;
    T* const rest = workspace + rounded(one_.vector_jacobian_workspace());
    const std::size_t block = one_.block(), q = one_.outputs().size() - 1;
    T* const scaled = rest + block * (d_ + q);
    each_block(in, begin, end, rest, [&](const arguments<T>& at, std::size_t first, int probe, T* of_probe) {
      const T* of[1 + most_carried] = {};
      if (probe == 0) of[0] = cotangents[0] ? cotangents[0] + first * d_ : nullptr;
      for (std::size_t j = 0; j < q; j++) {
        if (!cotangents[1 + j] || (j > 0 && probe > 0)) continue;  // only the first carried quantity reads e
        of[1 + j] = cotangents[1 + j] + first;
        if (j > 0 || unit_ || count_ == 1) continue;
        for (std::size_t s = 0; s < at.samples; s++) scaled[s] = of[1][s] / T(count_);
        of[1] = scaled;
      }
      T* outputs[1 + most_carried] = {};
      results(out, first, probe, at.samples, of_probe, outputs);
      T* take = scaled + block;
      input_cotangents<T> to;
      to.state = target(by.state, first, d_, probe, take);
      to.time = target(by.time, first, 1, probe, take);
      T* inputs[most_inputs] = {};
      for (std::size_t i = 0; i < widths_.size() && by.inputs; i++)
        if (int(i) != noise_) inputs[i] = target(by.inputs[i], first, widths_[i], probe, take);
      to.inputs = by.inputs ? inputs : nullptr;
      one_.vector_jacobian(parameters, at, 0, at.samples, of, outputs, to, gradient, workspace, left);
      add_rates(out, first, probe, at.samples, of_probe);
      if (probe == 0) return;
      add(by.state, first, d_, at.samples, to.state);
      add(by.time, first, 1, at.samples, to.time);
      for (std::size_t i = 0; i < widths_.size() && by.inputs; i++)
        if (inputs[i]) add(by.inputs[i], first, widths_[i], at.samples, inputs[i]);
    });
    if (gradient && !pending) one_.flush_gradient(gradient, workspace, &own);
  }
  void flush_gradient(double* gradient, T* workspace, int* pending) const override {
    one_.flush_gradient(gradient, workspace, pending);
  }

 private:
  static constexpr int most_inputs = 64;
  const kernel_interface<T>& one_;
  int noise_, count_;
  bool unit_;
  std::size_t d_;
  std::vector<std::size_t> widths_;
  std::vector<T> signs_;

  static std::size_t rounded(std::size_t n) { return (n + 15) / 16 * 16; }
  /// Directions, rates of one probe, scaled cotangents, gradients of one probe: of a block.
  std::size_t scratch() const {
    std::size_t each = d_ + one_.outputs().size() + d_ + 1;
    for (const std::size_t w : widths_) each += w;
    return one_.block() * each;
  }
  template <class F>
  void each_block(const arguments<T>& in, std::size_t begin, std::size_t end, T* scratch, F&& f) const {
    const T* inputs[most_inputs] = {};
    const std::size_t block = one_.block();
    for (std::size_t first = begin; first < end; first += block) {
      arguments<T> at = in;
      at.samples = std::min(block, end - first);
      at.state = in.state + first * d_;
      at.time = in.time ? in.time + first : nullptr;
      for (std::size_t i = 0; i < widths_.size(); i++) inputs[i] = in.inputs[i] ? in.inputs[i] + first * widths_[i] : nullptr;
      inputs[noise_] = scratch;
      at.inputs = inputs;
      for (int p = 0; p < count_; p++) {
        for (std::size_t s = 0; s < at.samples; s++)
          for (std::size_t i = 0; i < d_; i++)
            scratch[s * d_ + i] =
                unit_ ? T(int(i) == p) : in.inputs[noise_][(first + s) * d_ + i] * signs_[std::size_t(p) * d_ + i];
        f(at, first, p, scratch + block * d_);
      }
    }
  }
  /// Where one probe writes: the first one to the results, further ones only what they add.
  void results(T* const* out, std::size_t first, int probe, std::size_t, T* of_probe, T** outputs) const {
    if (!out) return;
    if (probe == 0 && out[0]) outputs[0] = out[0] + first * d_;
    for (std::size_t j = 1; j < one_.outputs().size(); j++) {
      if (!out[j] || (j > 1 && probe > 0)) continue;
      outputs[j] = probe == 0 ? out[j] + first : of_probe;
    }
  }
  void add_rates(T* const* out, std::size_t first, int probe, std::size_t samples, const T* of_probe) const {
    if (!out || !out[1]) return;
    T* to = out[1] + first;
    for (std::size_t s = 0; s < samples && probe > 0; s++) to[s] += of_probe[s];
    for (std::size_t s = 0; s < samples && !unit_ && count_ > 1 && probe + 1 == count_; s++) to[s] /= T(count_);
  }
  T* target(T* of, std::size_t first, std::size_t width, int probe, T*& take) const {
    if (!of) return nullptr;
    if (probe == 0) return of + first * width;
    T* const r = take;
    take += one_.block() * width;
    return r;
  }
  static void add(T* to, std::size_t first, std::size_t width, std::size_t samples, const T* from) {
    for (std::size_t e = 0; e < samples * width && to; e++) to[first * width + e] += from[e];
  }
};

}  // namespace dimwise::detail
