// kernel/network_probe.hpp: kernels for the values and derivatives of every network of a recording, made at run time for `check`.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "compiled_model.hpp"

namespace dimwise {

/// A recording extended by D^1..D^4 of the output of each of its HollowNets and autoregressive networks, and kernels (general
/// step functions, no gradient) that compute them. Outputs are named "check.NET.value", "check.NET.D1" .. "check.NET.D4" and
/// "check.NET.conditioner".
class network_probe {
 public:
  explicit network_probe(const table& recording);
  network_probe(const network_probe&) = delete;
  network_probe& operator=(const network_probe&) = delete;

  /// The extended recording: the nodes of the given one keep their indices.
  const table& recording() const { return extended; }
  /// Null where the recording has no networks.
  const kernel_interface<double>* in_double() const { return double_kernel.get(); }
  const kernel_interface<float>* in_float() const { return float_kernel.get(); }

 private:
  table extended;
  std::vector<node> nodes;
  std::unique_ptr<kernel_interface<double>> double_kernel;
  std::unique_ptr<kernel_interface<float>> float_kernel;
};

}  // namespace dimwise
