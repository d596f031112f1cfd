// kernel/executable_program.hpp: what a model hands to the runtime library: a jet program with its own step functions.
#pragma once
#include <cstdint>
#include <span>

#include "../simd/isa.hpp"
#include "compiled_model.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// A number that differs where what a program hands to the runtime library differs: a library that was built from other headers
/// is recognised by it.
template <class T>
inline constexpr std::uint64_t kernel_layout = [] {
  std::uint64_t n = 0;
  for (const std::size_t part : {sizeof(table), sizeof(tensor), sizeof(jet_node), sizeof(step<T>), sizeof(matrix_product),
                                 sizeof(call<T>), sizeof(two_rows<T>), sizeof(arguments<T>), sizeof(input_cotangents<T>),
                                 sizeof(output_info), std::size_t(op::detach), std::size_t(jet_op::store)})
    n = n * 1000003 + part;
  return n;
}();

/// A jet program together with the function of each node.
template <class T>
struct executable_program {
  std::uint64_t layout = kernel_layout<T>;
  jet_program_view nodes;
  std::span<const step_function<T>> functions;
  differentiated_by by;  ///< of its reverse pass
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
