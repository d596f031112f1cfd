// kernel/compile.hpp: a model function becomes kernels: its recording and its jet programs are constants of the program, every
// step on jets is instantiated for its coefficients.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "../calculus/program.hpp"
#include "../language/recording.hpp"
#include "compiled_model.hpp"
#include "make_plan_kernel.hpp"
#include "step_functions.hpp"

#define DIMWISE_TEXT_(x) #x
#define DIMWISE_TEXT(x) DIMWISE_TEXT_(x)

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace kernel_detail {

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
  static constexpr std::array<step_function<T>, std::size_t(count)> functions = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<step_function<T>, std::size_t(count)>{specialised_step<T, signature_of(nodes.data(), nodes[I])>()...};
  }
  (std::make_index_sequence<std::size_t(count)>{});

  template <class T>
  static constexpr executable_program<T> executable() {
    return {kernel_layout<T>, {nodes.data(), count}, functions<T>, Reverse};
  }
};

template <auto Build, kernel_purpose What, int Index, differentiated_by Gradient, class T>
constexpr kernel_programs<T> programs_of() {
  kernel_programs<T> r{What, Index, static_program<Build, What, Index, by_nothing>::template executable<T>(), {}};
  if constexpr (Gradient.any()) r.both = static_program<Build, What, Index, Gradient>::template executable<T>();
  return r;
}

template <auto Build, kernel_purpose What, int Index, differentiated_by Gradient, class T>
std::unique_ptr<kernel_interface<T>> make_kernel() {
  static constexpr kernel_programs<T> programs = programs_of<Build, What, Index, Gradient, T>();
  return make_plan_kernel<T>(recording<Build>::view, programs);
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

/// The kernels of a model, collected one after another.
template <class T, int Count>
struct program_list {
  kernel_programs<T> of[Count ? Count : 1];
  int count = 0;
  constexpr void add(const kernel_programs<T>& p) { of[count++] = p; }
};

template <int Count, class F>
constexpr void each_index(F f) {
  [&]<int... I>(std::integer_sequence<int, I...>) { (f(std::integral_constant<int, I>{}), ...); }
  (std::make_integer_sequence<int, Count>{});
}

template <auto Build, kernel_purpose What, int Index, class T, class List>
constexpr void add_objective(List& list) {
  constexpr const table& t = recording<Build>::view;
  if constexpr (What == kernel_purpose::residual && t.objectives[Index].residual < 0) list.add({What, Index, {}, {}});
  else list.add(programs_of<Build, What, first_alike(t, What, Index), by_parameters, T>());
}

template <auto Build, int Index, class T, class List>
constexpr void add_ode(List& list) {
  constexpr const ode_entry& e = recording<Build>::view.odes[Index];
  if constexpr (e.carried_count > 0) {
    list.add(programs_of<Build, kernel_purpose::ode_field, Index, by_nothing, T>());
    list.add(programs_of<Build, kernel_purpose::ode_carried, Index, by_everything, T>());
  } else {
    list.add(programs_of<Build, kernel_purpose::ode_field, Index, by_everything, T>());
  }
  if constexpr (e.diagonal >= 0 && sizeof(T) == sizeof(double))
    list.add(programs_of<Build, kernel_purpose::ode_diagonal, Index, by_nothing, T>());
}

template <auto Build, class T>
constexpr auto all_programs() {
  using recorded = recording<Build>;
  program_list<T, 1 + 2 * recorded::view.objective_count + recorded::view.integral_count + recorded::view.sde_count +
                      recorded::view.mixture_count + 3 * recorded::view.ode_count>
      list;
  if constexpr (recorded::view.output_count + recorded::view.equation_count > 0)
    list.add(programs_of<Build, kernel_purpose::outputs, 0, by_nothing, T>());
  each_index<recorded::view.objective_count>([&](auto i) {
    add_objective<Build, kernel_purpose::objective, i, T>(list);
    if constexpr (sizeof(T) == sizeof(double)) add_objective<Build, kernel_purpose::residual, i, T>(list);
  });
  each_index<recorded::view.integral_count>(
      [&](auto i) { list.add(programs_of<Build, kernel_purpose::integral, i, by_nothing, T>()); });
  each_index<recorded::view.sde_count>([&](auto i) { list.add(programs_of<Build, kernel_purpose::sde, i, by_nothing, T>()); });
  each_index<recorded::view.mixture_count>(
      [&](auto i) { list.add(programs_of<Build, kernel_purpose::mixture, i, by_nothing, T>()); });
  each_index<recorded::view.ode_count>([&](auto i) { add_ode<Build, i, T>(list); });
  return list;
}

template <auto Build, class T>
inline constexpr auto programs_of_model = all_programs<Build, T>();

template <auto Build, class T>
void make_kernels(model_kernels<T>& to) {
  make_plan_kernels<T>(recording<Build>::view, {programs_of_model<Build, T>.of, std::size_t(programs_of_model<Build, T>.count)},
                       to);
}

}  // namespace kernel_detail

/// The kernel of a model's outputs and equation sides, alone. Build is the model function.
template <auto Build, class T, bool Gradient = false>
std::unique_ptr<kernel_interface<T>> kernel() {
  return kernel_detail::make_kernel < Build, kernel_purpose::outputs, 0, Gradient ? by_parameters : by_nothing, T > ();
}

/// The same with gradients by what `Gradient` names: with inputs among it, the kernel has vector-Jacobian products.
template <auto Build, class T, differentiated_by Gradient>
std::unique_ptr<kernel_interface<T>> kernel() {
  return kernel_detail::make_kernel<Build, kernel_purpose::outputs, 0, Gradient, T>();
}

/// The kernels of one ODE of a model in one precision, alone: quicker to compile than the whole model.
template <auto Build, class T, int Index = 0>
ode_kernels<T> compile_ode() {
  static constexpr auto programs = [] {
    kernel_detail::program_list<T, 3> list;
    kernel_detail::add_ode<Build, Index, T>(list);
    return list;
  }();
  ode_kernels<T> r;
  for (int i = 0; i < programs.count; i++) {
    std::unique_ptr<kernel_interface<T>> made = make_plan_kernel<T>(recording<Build>::view, programs.of[i]);
    (programs.of[i].what == kernel_purpose::ode_field     ? r.field
     : programs.of[i].what == kernel_purpose::ode_carried ? r.carried
                                                          : r.diagonal) = std::move(made);
  }
  return r;
}

/// All kernels of a model in both precisions.
template <auto Build>
compiled_model compile(std::string name) {
  compiled_model m;
  m.name = std::move(name);
  m.isa = simd::isa_name();
#if defined(__clang__)
  m.compiler = "clang " DIMWISE_TEXT(__clang_major__) "." DIMWISE_TEXT(__clang_minor__);
#else
  m.compiler = "g++ " DIMWISE_TEXT(__GNUC__) "." DIMWISE_TEXT(__GNUC_MINOR__);
#endif
  m.recording = recording<Build>::view;
  kernel_detail::make_kernels<Build>(m.in_double);
  kernel_detail::make_kernels<Build>(m.in_float);
  return m;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise

#undef DIMWISE_TEXT
#undef DIMWISE_TEXT_
