// tests/support/oracle_kernel.hpp: a kernel that rounds what the oracle says, to test comparisons without compiled kernels.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dimwise/kernel/compiled_model.hpp"
#include "dimwise/oracle/oracle.hpp"

namespace dimwise::testing {

template <class T>
class oracle_kernel : public kernel_interface<T> {
 public:
  /// fault(output, sample, number, value) returns the value that the kernel is to give.
  using fault = std::function<T(std::size_t, std::size_t, std::size_t, T)>;

  oracle_kernel(const table& recording, std::vector<output_info> outputs, fault change = {})
      : t_(recording), outputs_(std::move(outputs)), change_(std::move(change)) {}

  const std::vector<output_info>& outputs() const override { return outputs_; }
  kernel_cost cost() const override { return {}; }
  bool has_gradient() const override { return true; }
  std::size_t block() const override { return 1; }
  std::size_t evaluate_workspace() const override { return 0; }
  std::size_t gradient_workspace() const override { return 0; }

  void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                T*) const override {
    for (std::size_t s = begin; s < end; s++) {
      basic_oracle<fifty_digits> o = at(parameters, in, s);
      for (std::size_t j = 0; j < outputs_.size(); j++) {
        if (!out[j]) continue;
        const auto v = o.value(outputs_[j].node);
        for (std::size_t e = 0; e < v.size(); e++)
          out[j][s * v.size() + e] = change_ ? change_(j, s, e, static_cast<T>(v[e])) : static_cast<T>(v[e]);
      }
    }
  }

  void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, double* gradient, T* workspace) const override {
    evaluate(parameters, in, begin, end, out, workspace);
    for (std::size_t s = begin; s < end; s++) {
      basic_oracle<fifty_digits> o = at(parameters, in, s);
      for (std::size_t j = 0; j < outputs_.size(); j++) {
        if (!cotangents[j]) continue;
        const auto n = std::size_t(outputs_[j].width * (outputs_[j].l == level::dim ? t_.d : 1));
        bool any = false;
        for (std::size_t e = 0; e < n; e++) any = any || cotangents[j][s * n + e] != 0;
        if (!any) continue;
        for_each_free_entry([&](int p) {
          const auto g = o.parameter_derivatives(outputs_[j].node, p);
          for (std::size_t e = 0; e < n; e++) gradient[p] += double(static_cast<T>(g[e])) * double(cotangents[j][s * n + e]);
        });
      }
    }
    if (spoil_gradient) spoil_gradient(gradient);
  }

  std::function<void(double*)> spoil_gradient;

 private:
  basic_oracle<fifty_digits> at(const T* parameters, const arguments<T>& in, std::size_t s) const {
    basic_oracle<fifty_digits> o(t_);
    o.set_parameters(std::vector<double>(parameters, parameters + t_.parameters));
    sample_inputs x;
    x.state.assign(in.state + s * std::size_t(t_.d), in.state + (s + 1) * std::size_t(t_.d));
    x.time = double(in.time[s]);
    for (int i = 0; i < t_.input_count; i++) {
      const auto n = std::size_t(t_.inputs[i].width * (t_.inputs[i].l == level::dim ? t_.d : 1));
      x.inputs.emplace_back(in.inputs[i] + s * n, in.inputs[i] + (s + 1) * n);
    }
    x.constants.assign(in.constants, in.constants + t_.constant_count);
    o.set_sample(x);
    return o;
  }
  template <class Visit>
  void for_each_free_entry(const Visit& visit) const {
    for (int w = 0; w < t_.tensor_count; w++) {
      const tensor& x = t_.tensors[w];
      if (!x.trained) continue;
      const int slices = x.rank == 3 ? x.shape[0] : 1, rows = x.rank == 3 ? x.shape[1] : x.shape[0];
      const int columns = x.rank == 3 ? x.shape[2] : x.shape[1];
      for (int i = 0; i < slices; i++)
        for (int r = 0; r < rows; r++)
          for (int c = 0; c < columns; c++)
            if (allowed(x, i, r, c)) visit(x.offset + (i * rows + r) * columns + c);
    }
  }

  table t_;
  std::vector<output_info> outputs_;
  fault change_;
};

/// An output of a kernel for a node.
inline output_info info_of(const table& t, const std::string& name, int node) {
  return {name, node, t.nodes[node].k.l, t.nodes[node].k.width};
}

}  // namespace dimwise::testing
