// kernel/make_plan_kernel.hpp: an executable kernel from a jet program. What it takes besides the program's own step functions
// (products, plans, copies) is the same for every model and lies compiled in the runtime library; without that library it comes
// from headers.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "compiled_model.hpp"
#include "executable_program.hpp"
#include "kernel_purpose.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// The programs of one kernel of a model. A kernel without programs is null.
template <class T>
struct kernel_programs {
  kernel_purpose what{};
  int index = 0;
  executable_program<T> value, both;  ///< both: the value and its reverse pass; without nodes where there is none
};

/// `reverse` null: values only. What the table points to must outlive the kernel; the programs need not. Throws `error` where the
/// program was compiled with other headers than this function.
template <class T>
std::unique_ptr<kernel_interface<T>> make_plan_kernel(const table& recording, std::vector<output_info> outputs,
                                                      const executable_program<T>& forward, const executable_program<T>* reverse,
                                                      bool with_jacobian);

/// One kernel of a model.
template <class T>
std::unique_ptr<kernel_interface<T>> make_plan_kernel(const table& recording, const kernel_programs<T>& programs);

/// All of them in one precision, to their places.
template <class T>
void make_plan_kernels(const table& recording, std::span<const kernel_programs<T>> programs, model_kernels<T>& to);

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise

// The runtime library's CMake target says that the program links it. It holds kernels for AVX2 and AVX-512.
#if !defined(DIMWISE_RUNTIME_KERNELS) || !defined(DIMWISE_SIMD_AVX2)
#include "plan_kernel.hpp"
#endif
