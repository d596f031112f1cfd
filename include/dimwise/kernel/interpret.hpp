// kernel/interpret.hpp: a kernel from a table that is known only at run time; the same passes, general step functions.
#pragma once
#include "../calculus/program.hpp"
#include "make_plan_kernel.hpp"
#include "step_functions.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace kernel_detail {
template <class T>
class interpreted_kernel final : public kernel_interface<T> {
 public:
  interpreted_kernel(const table& t, std::vector<output_info> outputs, differentiated_by gradient)
      : forward(program(t, outputs, by_nothing)) {
    if (gradient.any()) reverse = program(t, outputs, gradient);
    const std::vector<step_function<T>> forward_steps = steps_of(forward), reverse_steps = steps_of(reverse);
    const executable_program<T> value{kernel_layout<T>, {forward.data(), int(forward.size())}, forward_steps, by_nothing};
    const executable_program<T> both{kernel_layout<T>, {reverse.data(), int(reverse.size())}, reverse_steps, gradient};
    kernel = make_plan_kernel<T>(t, std::move(outputs), value, gradient.any() ? &both : nullptr, gradient == by_parameters);
  }
  const std::vector<output_info>& outputs() const override { return kernel->outputs(); }
  kernel_cost cost() const override { return kernel->cost(); }
  bool has_gradient() const override { return kernel->has_gradient(); }
  std::size_t block() const override { return kernel->block(); }
  std::size_t vector() const override { return kernel->vector(); }
  std::size_t evaluate_workspace() const override { return kernel->evaluate_workspace(); }
  std::size_t gradient_workspace() const override { return kernel->gradient_workspace(); }
  std::size_t prepared_size() const override { return kernel->prepared_size(); }
  void prepare(const T* parameters, T* prepared) const override { kernel->prepare(parameters, prepared); }
  void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                T* workspace) const override {
    kernel->evaluate(parameters, in, begin, end, out, workspace);
  }
  void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, double* gradient, T* workspace) const override {
    kernel->gradient(parameters, in, begin, end, cotangents, out, gradient, workspace);
  }

  bool leaves_gradient(std::size_t begin, std::size_t end) const override { return kernel->leaves_gradient(begin, end); }

  bool has_vector_jacobian() const override { return kernel->has_vector_jacobian(); }
  std::size_t vector_jacobian_workspace() const override { return kernel->vector_jacobian_workspace(); }
  void vector_jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                       const T* const* cotangents, T* const* out, const input_cotangents<T>& by, double* gradient, T* workspace,
                       int* pending) const override {
    kernel->vector_jacobian(parameters, in, begin, end, cotangents, out, by, gradient, workspace, pending);
  }
  void flush_gradient(double* gradient, T* workspace, int* pending) const override {
    kernel->flush_gradient(gradient, workspace, pending);
  }

  bool has_jacobian() const override { return kernel->has_jacobian(); }
  std::size_t jacobian_workspace() const override { return kernel->jacobian_workspace(); }
  void jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, const int* columns, T* rows, std::size_t stride, T* workspace) const override {
    kernel->jacobian(parameters, in, begin, end, cotangents, out, columns, rows, stride, workspace);
  }

 private:
  std::vector<jet_node> forward, reverse;
  std::unique_ptr<kernel_interface<T>> kernel;

  static std::vector<jet_node> program(const table& t, const std::vector<output_info>& outputs, differentiated_by gradient) {
    std::vector<int> roots;
    for (const output_info& o : outputs) roots.push_back(o.node);
    return build_program(t, roots.data(), int(roots.size()), gradient,
                         [](const expansion& e) { return std::vector<jet_node>(e.nodes.begin(), e.nodes.end()); });
  }
  static std::vector<step_function<T>> steps_of(const std::vector<jet_node>& nodes) {
    std::vector<step_function<T>> r;
    for (const jet_node& x : nodes) r.push_back(general_step<T>(x));
    return r;
  }
};
}  // namespace kernel_detail

/// A kernel that computes the given nodes and their gradients; the table must outlive it. `outputs` need only have `node` set.
template <class T>
std::unique_ptr<kernel_interface<T>> interpret(const table& t, std::vector<output_info> outputs, differentiated_by gradient) {
  for (output_info& o : outputs) {
    o.l = t.nodes[o.node].k.l;
    o.width = t.nodes[o.node].k.width;
  }
  return std::make_unique<kernel_detail::interpreted_kernel<T>>(t, std::move(outputs), gradient);
}

template <class T>
std::unique_ptr<kernel_interface<T>> interpret(const table& t, std::vector<output_info> outputs, bool gradient) {
  return interpret<T>(t, std::move(outputs), gradient ? by_parameters : by_nothing);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
