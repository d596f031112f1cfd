// kernel/compile.hpp: a model function becomes kernels: its recording and its jet programs are constants of the program, every step on jets is
// instantiated for its coefficients.
#pragma once
#include <array>
#include <string>
#include <utility>

#include "../calculus/program.hpp"
#include "../language/recording.hpp"
#include "compiled_model.hpp"
#include "make_plan_kernel.hpp"
#include "step_functions.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace kernel_detail {

/// Which values one kernel computes.
enum class kernel_purpose : std::uint8_t { outputs, objective, residual, integral, sde, mixture, ode_field, ode_carried, ode_diagonal };

constexpr int most_roots = 96;
struct root_list {
  int node[most_roots] = {};
  int count = 0;
  constexpr void add(int i) {
    if (i >= 0 && count < most_roots) node[count++] = i;
  }
};

constexpr root_list roots_of(const table& t, kernel_purpose what, int index) {
  root_list r;
  switch (what) {
    case kernel_purpose::outputs:
      for (int i = 0; i < t.output_count; i++) r.add(t.outputs[i].node);
      for (int i = 0; i < t.equation_count; i++)
        for (int side : {t.equations[i].lhs, t.equations[i].rhs, t.equations[i].residual, t.equations[i].relative}) r.add(side);
      break;
    case kernel_purpose::objective: r.add(t.objectives[index].node); break;
    case kernel_purpose::residual:
      r.add(t.objectives[index].residual);
      r.add(t.objectives[index].sample_weight);
      break;
    case kernel_purpose::integral: r.add(t.integrals[index].node); break;
    case kernel_purpose::sde:
      r.add(t.sdes[index].drift);
      r.add(t.sdes[index].noise);
      r.add(t.sdes[index].noise_derivative);
      break;
    case kernel_purpose::ode_field: r.add(t.odes[index].field); break;
    case kernel_purpose::ode_carried:
      r.add(t.odes[index].field);
      for (int i = 0; i < t.odes[index].carried_count; i++) r.add(t.odes[index].carried[i].node);
      break;
    case kernel_purpose::ode_diagonal:
      r.add(t.odes[index].field);
      r.add(t.odes[index].diagonal);
      break;
    case kernel_purpose::mixture:
      r.add(t.mixtures[index].log_weights);
      r.add(t.mixtures[index].mean);
      r.add(t.mixtures[index].log_deviation);
      r.add(t.mixtures[index].log_density);
      break;
  }
  return r;
}

/// The names of the same values.
inline std::vector<output_info> describe_roots(const table& t, kernel_purpose what, int index) {
  std::vector<output_info> r;
  const auto add = [&](std::string name, int i) {
    if (i >= 0) r.push_back({std::move(name), i, t.nodes[i].k.l, t.nodes[i].k.width});
  };
  switch (what) {
    case kernel_purpose::outputs:
      for (int i = 0; i < t.output_count; i++) add(std::string(t.outputs[i].name.view()), t.outputs[i].node);
      for (int i = 0; i < t.equation_count; i++) {
        const std::string name(t.equations[i].name.view());
        add(name + ".lhs", t.equations[i].lhs);
        add(name + ".rhs", t.equations[i].rhs);
        add(name + ".residual", t.equations[i].residual);
        add(name + ".relative", t.equations[i].relative);
      }
      break;
    case kernel_purpose::objective: add("objective." + std::string(t.objectives[index].name.view()), t.objectives[index].node); break;
    case kernel_purpose::residual:
      add("residual." + std::string(t.objectives[index].name.view()), t.objectives[index].residual);
      add("sample_weight." + std::string(t.objectives[index].name.view()), t.objectives[index].sample_weight);
      break;
    case kernel_purpose::integral: add("integral." + std::string(t.integrals[index].name.view()), t.integrals[index].node); break;
    case kernel_purpose::sde:
      add("drift", t.sdes[index].drift);
      add("noise", t.sdes[index].noise);
      add("noise_derivative", t.sdes[index].noise_derivative);
      break;
    case kernel_purpose::ode_field: add("field", t.odes[index].field); break;
    case kernel_purpose::ode_carried:
      add("field", t.odes[index].field);
      for (int i = 0; i < t.odes[index].carried_count; i++) add(std::string(t.odes[index].carried[i].name.view()), t.odes[index].carried[i].node);
      break;
    case kernel_purpose::ode_diagonal:
      add("field", t.odes[index].field);
      add("diagonal", t.odes[index].diagonal);
      break;
    case kernel_purpose::mixture:
      add("log_weights", t.mixtures[index].log_weights);
      add("mean", t.mixtures[index].mean);
      add("log_deviation", t.mixtures[index].log_deviation);
      add("log_density", t.mixtures[index].log_density);
      break;
  }
  return r;
}

/// The jet program of one kernel as static data.
template <auto Build, kernel_purpose What, int Index, differentiated_by Reverse>
struct static_program {
  static constexpr root_list roots = roots_of(recording<Build>::view, What, Index);
  static constexpr int count =
      build_program(recording<Build>::view, roots.node, roots.count, Reverse, [](const expansion& e) { return e.nodes.count; });
  static constexpr std::array<jet_node, count> nodes =
      build_program(recording<Build>::view, roots.node, roots.count, Reverse, [](const expansion& e) {
        std::array<jet_node, count> r{};
        for (int i = 0; i < count; i++) r[i] = e.nodes[i];
        return r;
      });

  template <class T>
  static executable_program<T> executable() {
    return {kernel_layout<T>, {nodes.data(), count}, functions<T>(std::make_index_sequence<std::size_t(count)>{}), Reverse};
  }

 private:
  template <class T, std::size_t... I>
  static std::vector<step_function<T>> functions(std::index_sequence<I...>) {
    return {specialised_step<T, signature_of(nodes.data(), nodes[I])>()...};
  }
};

template <auto Build, kernel_purpose What, int Index, differentiated_by Gradient, class T>
std::unique_ptr<kernel_interface<T>> make_kernel() {
  const table& t = recording<Build>::view;
  std::vector<output_info> outputs = describe_roots(t, What, Index);
  const auto value = static_program<Build, What, Index, by_nothing>::template executable<T>();
  if constexpr (Gradient.any()) {
    const auto both = static_program<Build, What, Index, Gradient>::template executable<T>();
    return make_plan_kernel<T>(t, std::move(outputs), value, &both, What == kernel_purpose::residual);
  } else {
    return make_plan_kernel<T>(t, std::move(outputs), value, nullptr, false);
  }
}

template <auto Build, kernel_purpose What, differentiated_by Gradient, class T, int... I>
std::vector<std::unique_ptr<kernel_interface<T>>> make_kernel_list(std::integer_sequence<int, I...>) {
  std::vector<std::unique_ptr<kernel_interface<T>>> r;
  (r.push_back(make_kernel<Build, What, I, Gradient, T>()), ...);
  return r;
}

/// The first objective with the same root: equal ones share one program.
constexpr int first_alike(const table& t, kernel_purpose what, int index) {
  for (int i = 0; i < index; i++)
    if (what == kernel_purpose::objective ? t.objectives[i].node == t.objectives[index].node
                                          : t.objectives[i].residual == t.objectives[index].residual &&
                                                t.objectives[i].sample_weight == t.objectives[index].sample_weight)
      return i;
  return index;
}

template <auto Build, kernel_purpose What, class T, int... I>
std::vector<std::unique_ptr<kernel_interface<T>>> make_objectives(std::integer_sequence<int, I...>) {
  std::vector<std::unique_ptr<kernel_interface<T>>> r;
  [[maybe_unused]] const auto add = [&]<int Index>(std::integral_constant<int, Index>) {
    if constexpr (What == kernel_purpose::residual && recording<Build>::view.objectives[Index].residual < 0) r.push_back(nullptr);
    else r.push_back(make_kernel<Build, What, first_alike(recording<Build>::view, What, Index), by_parameters, T>());
  };
  (add(std::integral_constant<int, I>{}), ...);
  return r;
}

template <auto Build, int Index, class T>
ode_kernels<T> make_ode() {
  constexpr const ode_entry& e = recording<Build>::view.odes[Index];
  ode_kernels<T> r;
  if constexpr (e.carried_count > 0) {
    r.field = make_kernel<Build, kernel_purpose::ode_field, Index, by_nothing, T>();
    r.carried = make_kernel<Build, kernel_purpose::ode_carried, Index, by_everything, T>();
  } else {
    r.field = make_kernel<Build, kernel_purpose::ode_field, Index, by_everything, T>();
  }
  if constexpr (e.diagonal >= 0 && sizeof(T) == sizeof(double)) r.diagonal = make_kernel<Build, kernel_purpose::ode_diagonal, Index, by_nothing, T>();
  return r;
}

template <auto Build, class T, int... I>
std::vector<ode_kernels<T>> make_odes(std::integer_sequence<int, I...>) {
  std::vector<ode_kernels<T>> r;
  (r.push_back(make_ode<Build, I, T>()), ...);
  return r;
}

template <auto Build, class T>
model_kernels<T> make_kernels() {
  using recorded = recording<Build>;
  model_kernels<T> r;
  if constexpr (recorded::view.output_count + recorded::view.equation_count > 0)
    r.outputs = make_kernel<Build, kernel_purpose::outputs, 0, by_nothing, T>();
  constexpr std::make_integer_sequence<int, recorded::view.objective_count> objectives{};
  r.objectives = make_objectives<Build, kernel_purpose::objective, T>(objectives);
  if constexpr (sizeof(T) == sizeof(double)) r.residuals = make_objectives<Build, kernel_purpose::residual, T>(objectives);
  r.integrals = make_kernel_list<Build, kernel_purpose::integral, by_nothing, T>(std::make_integer_sequence<int, recorded::view.integral_count>{});
  r.sdes = make_kernel_list<Build, kernel_purpose::sde, by_nothing, T>(std::make_integer_sequence<int, recorded::view.sde_count>{});
  r.odes = make_odes<Build, T>(std::make_integer_sequence<int, recorded::view.ode_count>{});
  r.mixtures = make_kernel_list<Build, kernel_purpose::mixture, by_nothing, T>(std::make_integer_sequence<int, recorded::view.mixture_count>{});
  return r;
}

}  // namespace kernel_detail

/// The kernel of a model's outputs and equation sides, alone. Build is the model function.
template <auto Build, class T, bool Gradient = false>
std::unique_ptr<kernel_interface<T>> kernel() {
  return kernel_detail::make_kernel<Build, kernel_detail::kernel_purpose::outputs, 0, Gradient ? by_parameters : by_nothing, T>();
}

/// The same with gradients by what `Gradient` names: with inputs among it, the kernel has vector-Jacobian products.
template <auto Build, class T, differentiated_by Gradient>
std::unique_ptr<kernel_interface<T>> kernel() {
  return kernel_detail::make_kernel<Build, kernel_detail::kernel_purpose::outputs, 0, Gradient, T>();
}

/// The kernels of one ODE of a model in one precision, alone: quicker to compile than the whole model.
template <auto Build, class T, int Index = 0>
ode_kernels<T> compile_ode() {
  return kernel_detail::make_ode<Build, Index, T>();
}

/// All kernels of a model in both precisions.
template <auto Build>
compiled_model compile(std::string name) {
  compiled_model m;
  m.name = std::move(name);
  m.isa = simd::isa_name();
#if defined(__clang__)
  m.compiler = "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  m.compiler = "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
  m.recording = recording<Build>::view;
  m.in_double = kernel_detail::make_kernels<Build, double>();
  m.in_float = kernel_detail::make_kernels<Build, float>();
  return m;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
