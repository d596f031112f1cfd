// kernel/make_plan_kernel.hpp: an executable kernel from a jet program. What it takes besides the program's own step functions (products, plans,
// copies) is the same for every model and lies compiled in the runtime library; without that library it comes from headers.
#pragma once
#include <memory>
#include <vector>

#include "../simd/isa.hpp"
#include "compiled_model.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// A jet program together with the function of each node.
template <class T>
struct executable_program {
  jet_program_view nodes;
  std::vector<step_function<T>> functions;
  differentiated_by by;  ///< of its reverse pass
};

/// `reverse` null: values only. What the table points to must outlive the kernel; the programs need not.
template <class T>
std::unique_ptr<kernel_interface<T>> make_plan_kernel(const table& recording, std::vector<output_info> outputs, const executable_program<T>& forward,
                                                      const executable_program<T>* reverse, bool with_jacobian);

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise

// The runtime library's CMake target says that the program links it. It holds kernels for AVX2 and AVX-512.
#if !defined(DIMWISE_RUNTIME_KERNELS) || !defined(DIMWISE_SIMD_AVX2)
#include "plan_kernel.hpp"
#endif
