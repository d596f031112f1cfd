// kernel/plan_kernel.hpp: kernel_interface on top of a forward plan and a gradient plan.
#pragma once
#include <optional>

#include "../core/error.hpp"
#include "blocked_plan.hpp"
#include "describe_roots.hpp"
#include "few_plans.hpp"
#include "make_plan_kernel.hpp"
#include "product_arithmetic.hpp"
#include "split_products.hpp"
#include "tune.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

template <class T>
class plan_kernel final : public kernel_interface<T> {
 public:
  /// Samples of a block: whole register tiles, and few enough for the layers of a transformer to stay in the nearer caches.
  static constexpr int default_block = simd::lanes<T> * (simd::detail::tile_packs == 3 ? 3 : 4);
  /// Blocks over which single precision adds up a gradient before double takes over; calls that hand their gradients on are many.
  static constexpr int most_blocks = 8, most_blocks_handed_on = 32;

  plan_kernel(const table& recording, std::vector<output_info> outputs, const executable_program<T>& forward,
              const executable_program<T>* reverse, bool with_jacobian = false, int block = default_block,
              const tile_choices& tiles = {}, [[maybe_unused]] product_arithmetic arithmetic = product_arithmetic::fused)
      : t(recording),
        infos(std::move(outputs)),
        value(t, forward, block_of_values(t, forward, block, arithmetic), parameter_gradients::added,
              arithmetic == product_arithmetic::fused),
        few(t, forward, value.rest) {
    if (reverse) both.emplace(t, *reverse, block);
    if (reverse && with_jacobian)
      apart.emplace(t, reverse->nodes, reverse->functions, block, parameter_gradients::of_each_sample);
    if (reverse && (reverse->by.state || reverse->by.time || reverse->by.inputs))
      by_inputs.emplace(t, *reverse, block, parameter_gradients::left_out);
    each_plan(*this, [&](plan<T>& p) { choose_tiles(p, tiles); });
    if (arithmetic == product_arithmetic::fused) each_plan(*this, [](plan<T>& p) { p.take_functions_along(); });
#if defined(DIMWISE_SIMD_SPLIT)
    if constexpr (simd::has_split_tiles<T>)
      if (arithmetic != product_arithmetic::fused) {
        blocked_plan<T>::each_plan(value, [&](plan<T>& p) { split_plans.emplace_back(p, split); });
        if (split.size()) {
          by = arithmetic;
          few.most = few.most_ready = 0;  // they would have other digits
        }
      }
#endif
  }

  const std::vector<output_info>& outputs() const override { return infos; }
  kernel_cost cost() const override {
    kernel_cost c;
    c.value_matrix_flop = value.whole.matrix_flop;
    c.gradient_matrix_flop = both ? both->whole.matrix_flop : 0;
    for (const step<T>& s : value.whole.steps)
      if (!s.product_count) c.value_other_flop += double(count(s.out_set)) * s.width * s.samples / value.whole.samples;
    c.code_steps = both ? both->whole.steps.size() : value.whole.steps.size();
    return c;
  }
  bool has_gradient() const override { return both.has_value(); }
  std::size_t block() const override { return std::size_t(value.whole.samples); }
  std::size_t vector() const override { return std::size_t(simd::lanes<T>); }
  std::size_t evaluate_workspace() const override {
    return std::size_t(std::max(value.workspace() + split.size(), few.workspace()));
  }
  std::size_t gradient_workspace() const override { return both ? std::size_t(both->workspace() + both->whole.accumulators) : 0; }

  product_arithmetic arithmetic() const override { return by; }
  std::size_t prepared_size() const override {
    return few.most_ready ? std::size_t(few.one.prepared) : std::size_t(split.size());
  }
  void prepare(const T* parameters, T* prepared) const override {
    if constexpr (simd::has_split_tiles<T>) split.prepare(parameters, prepared);
    if (few.most_ready) few.one.prepare(parameters, prepared);
  }

  void tune(std::vector<tile_measurement>& found) const override {
    each_plan(*this, [&](const plan<T>& p) { measure_tiles(p, std::size_t(t.parameters), found); });
  }

  void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                T* workspace) const override {
    call<T> c;
    c.workspace = workspace;
    c.parameters = parameters;
    c.in = &in;
    c.outputs = out;
    if (by != product_arithmetic::fused) return evaluate_from_parts(c, begin, end);
    std::size_t left = (end - begin) % std::size_t(simd::lanes<T>);
    if (left > (in.prepared ? few.most_ready : few.most)) left = 0;
    if (begin < end - left)
      value.each_part(begin, end - left, [&](const plan<T>& p, std::size_t from, std::size_t to) {
        run_plan(p, c, from, to, [](const call<T>&) {});
      });
    if (!left) return;
    c.parameters = in.prepared;
    if (!in.prepared) {
      c.parameters = workspace;
      c.workspace = workspace + few.one.prepared;
      few.one.prepare(parameters, workspace);
    }
    few.each_part(end - left, end, [&](const unit_plan<T>& p, std::size_t first) {
      c.first = first;
      c.valid = p.samples;
      for (const phase& f : p.phases)
        for (c.i = 0; c.i < (f.each_dimension ? p.d : 1); c.i++)
          for (std::size_t s = f.begin; s < f.end; s++) p.steps[s].run(p.steps[s], c);
    });
  }

  void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, double* gradient, T* workspace) const override {
    add_gradients(parameters, in, begin, end, cotangents, out, nullptr, gradient, workspace, nullptr);
  }

  bool leaves_gradient(std::size_t begin, std::size_t end) const override {
    std::size_t blocks = 0;
    if (both)
      both->each_part(begin, end, [&](const plan<T>& p, std::size_t from, std::size_t to) {
        blocks += (to - from + std::size_t(p.samples) - 1) / std::size_t(p.samples) * std::size_t(weight(p));
      });
    return both && blocks < std::size_t(most_blocks);
  }

  bool has_vector_jacobian() const override { return by_inputs.has_value(); }
  std::size_t vector_jacobian_workspace() const override {
    return by_inputs ? std::max(std::size_t(by_inputs->workspace()), gradient_workspace()) : 0;
  }
  void vector_jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                       const T* const* cotangents, T* const* out, const input_cotangents<T>& by, double* gradient, T* workspace,
                       int* pending) const override {
    const auto clear = [&](T* to, std::size_t width) {
      if (to) std::fill(to + begin * width, to + end * width, T(0));
    };
    const std::size_t d = std::size_t(t.d);
    clear(by.state, d);
    clear(by.time, 1);
    for (int i = 0; i < t.input_count; i++)
      clear(by.of_leaf(2 + i), std::size_t(t.inputs[i].width) * (t.inputs[i].l == level::dim ? d : 1));
    if (gradient) return add_gradients(parameters, in, begin, end, cotangents, out, &by, gradient, workspace, pending);
    call<T> c;
    c.workspace = workspace;
    c.parameters = parameters;
    c.in = &in;
    c.cotangents = cotangents;
    c.outputs = out;
    c.input_gradients = &by;
    by_inputs->each_part(
        begin, end, [&](const plan<T>& p, std::size_t from, std::size_t to) { run_plan(p, c, from, to, [](const call<T>&) {}); });
  }
  void flush_gradient(double* gradient, T* workspace, int* pending) const override {
    if (*pending) add_gradient(t, both->whole.regions, workspace + both->workspace(), gradient);
    *pending = 0;
  }

  bool has_jacobian() const override { return apart.has_value(); }
  std::size_t jacobian_workspace() const override { return apart ? std::size_t(apart->workspace + apart->accumulators) : 0; }
  void jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, const int* columns, T* rows, std::size_t stride, T* workspace) const override {
    call<T> c;
    c.workspace = workspace;
    c.accumulators = workspace + apart->workspace;
    c.parameters = parameters;
    c.in = &in;
    c.cotangents = cotangents;
    c.outputs = out;
    const std::ptrdiff_t block = apart->samples;
    each_gradient_entry(t, apart->regions, [&](std::ptrdiff_t, std::ptrdiff_t parameter) {
      if (columns[parameter] >= 0) std::fill_n(rows + std::size_t(columns[parameter]) * stride, end - begin, T(0));
    });
    std::fill_n(c.accumulators, apart->accumulators, T(0));
    run_plan(*apart, c, begin, end, [&](const call<T>& of) {
      each_gradient_entry(t, apart->regions, [&](std::ptrdiff_t from, std::ptrdiff_t parameter) {
        if (columns[parameter] < 0) return;
        T* to = rows + std::size_t(columns[parameter]) * stride + (of.first - begin);
        for (int s = 0; s < of.valid; s++) to[s] += c.accumulators[from * block + s];  // a tensor can have several regions
      });
      std::fill_n(c.accumulators, apart->accumulators, T(0));
    });
  }

 private:
  table t;
  std::vector<output_info> infos;
  blocked_plan<T> value;
  few_plans<T> few;
  split_weights split;
  product_arithmetic by = product_arithmetic::fused;
  std::optional<blocked_plan<T>> both, by_inputs;
  std::optional<plan<T>> apart;
#if defined(DIMWISE_SIMD_SPLIT)
  std::deque<split_plan> split_plans;
#endif

  static int block_of_values([[maybe_unused]] const table& t, [[maybe_unused]] const executable_program<T>& program, int block,
                             [[maybe_unused]] product_arithmetic arithmetic) {
#if defined(DIMWISE_SIMD_SPLIT)
    if constexpr (simd::has_split_tiles<T>)
      if (arithmetic != product_arithmetic::fused) return block_from_parts(t, program, block);
#endif
    return block;
  }
  void evaluate_from_parts(call<T> c, std::size_t begin, std::size_t end) const {
#if defined(DIMWISE_SIMD_SPLIT)
    if constexpr (simd::has_split_tiles<T>) {
      c.split_weights = c.in->prepared;
      if (!c.split_weights) {
        split.prepare(c.parameters, c.workspace + value.workspace());
        c.split_weights = c.workspace + value.workspace();
      }
      if (by == product_arithmetic::amx) interleaved<simd::amx_tiles>(c, begin, end);
      else interleaved<simd::emulated_tiles>(c, begin, end);
    }
#endif
    (void)c, (void)begin, (void)end;
  }
#if defined(DIMWISE_SIMD_SPLIT)
  template <class Tiles>
  void interleaved(const call<T>& c, std::size_t begin, std::size_t end) const {
    Tiles::begin();
    value.each_part(begin, end, [&](const plan<T>& p, std::size_t from, std::size_t to) {
      interleaved_steps<Tiles> steps(c);
      run_plan(p, c, from, to, steps, [](const call<T>&){});
      steps.finish();
    });
    Tiles::end();
  }
#endif
  /// Calls f for every plan whose products have tiles to choose.
  template <class Kernel, class F>
  static void each_plan(Kernel& k, F&& f) {
    blocked_plan<T>::each_plan(k.value, f);
    for (auto* both_ways : {&k.both, &k.by_inputs})
      if (both_ways->has_value()) blocked_plan<T>::each_plan(**both_ways, f);
  }

  /// How many blocks a block of a plan counts for.
  int weight(const plan<T>& p) const { return std::max(1, p.samples / both->whole.samples); }
  void add_gradients(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                     T* const* out, const input_cotangents<T>* by, double* gradient, T* workspace, int* pending) const {
    call<T> c;
    c.workspace = workspace;
    c.accumulators = workspace + both->workspace();
    c.parameters = parameters;
    c.in = &in;
    c.cotangents = cotangents;
    c.outputs = out;
    c.input_gradients = by;
    int own = 0;
    int& blocks = pending ? *pending : own;
    const int most = pending ? most_blocks_handed_on : most_blocks;
    T* const accumulators = c.accumulators;
    const plan<T>& any = both->whole;  // all plans have the same regions
    if (blocks == 0) clear_accumulators(any.regions, accumulators);
    c.begins = blocks == 0;
    both->each_part(begin, end, [&](const plan<T>& p, std::size_t from, std::size_t to) {
      run_plan(p, c, from, to, [&](call<T>& of) {
        of.begins = c.begins = false;
        if ((blocks += weight(p)) < most) return;
        add_gradient(t, any.regions, accumulators, gradient);
        clear_accumulators(any.regions, accumulators);
        of.begins = c.begins = true;
        blocks = 0;
      });
    });
    if (blocks && !pending && gradient) add_gradient(t, any.regions, accumulators, gradient);
  }
};

template <class T>
std::unique_ptr<kernel_interface<T>> make_plan_kernel(const table& recording, std::vector<output_info> outputs,
                                                      const executable_program<T>& forward, const executable_program<T>* reverse,
                                                      bool with_jacobian) {
  if (forward.layout != kernel_layout<T>)
    throw error(
        "the program was compiled with headers of dimwise that its runtime library was not built from; build both from the same "
        "version");
#if defined(DIMWISE_KERNELS_FOR)  // the runtime library
  const tile_choices& tiles = remembered_tiles(simd::isa_name());
  const product_arithmetic arithmetic = requested_arithmetic();
#else
  const tile_choices tiles{};
  const product_arithmetic arithmetic = product_arithmetic::fused;
#endif
  return std::make_unique<plan_kernel<T>>(recording, std::move(outputs), forward, reverse, with_jacobian,
                                          plan_kernel<T>::default_block, tiles, arithmetic);
}

template <class T>
std::unique_ptr<kernel_interface<T>> make_plan_kernel(const table& recording, const kernel_programs<T>& k) {
  return make_plan_kernel<T>(recording, describe_roots(recording, k.what, k.index), k.value,
                             k.both.nodes.count ? &k.both : nullptr, k.what == kernel_purpose::residual);
}

template <class T>
void make_plan_kernels(const table& recording, std::span<const kernel_programs<T>> programs, model_kernels<T>& to) {
  to.odes.resize(std::size_t(recording.ode_count));
  for (const kernel_programs<T>& k : programs) {
    auto made = k.value.nodes.count ? make_plan_kernel(recording, k) : nullptr;
    switch (k.what) {
      case kernel_purpose::outputs: to.outputs = std::move(made); break;
      case kernel_purpose::objective: to.objectives.push_back(std::move(made)); break;
      case kernel_purpose::residual: to.residuals.push_back(std::move(made)); break;
      case kernel_purpose::integral: to.integrals.push_back(std::move(made)); break;
      case kernel_purpose::sde: to.sdes.push_back(std::move(made)); break;
      case kernel_purpose::mixture: to.mixtures.push_back(std::move(made)); break;
      case kernel_purpose::ode_field: to.odes[std::size_t(k.index)].field = std::move(made); break;
      case kernel_purpose::ode_carried: to.odes[std::size_t(k.index)].carried = std::move(made); break;
      case kernel_purpose::ode_diagonal: to.odes[std::size_t(k.index)].diagonal = std::move(made); break;
    }
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
