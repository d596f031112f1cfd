// src/kernel/plan_kernel.cpp: the part of every kernel that does not depend on the model, compiled once for each instruction set
// that the runtime library holds. DIMWISE_KERNELS_FOR: the inline namespace that this object is meant for.
#include "dimwise/kernel/plan_kernel.hpp"
#include "dimwise/simd/peak.hpp"

#include <string_view>

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

static_assert(simd::isa_name() == std::string_view(DIMWISE_KERNELS_FOR),
              "the flags of this object must give the instruction set that it is named after");

#define DIMWISE_INSTANTIATE(T)                                                                                   \
  template std::unique_ptr<kernel_interface<T>> make_plan_kernel<T>(                                             \
      const table&, std::vector<output_info>, const executable_program<T>&, const executable_program<T>*, bool); \
  template std::unique_ptr<kernel_interface<T>> make_plan_kernel<T>(const table&, const kernel_programs<T>&);    \
  template void make_plan_kernels<T>(const table&, std::span<const kernel_programs<T>>, model_kernels<T>&);
DIMWISE_INSTANTIATE(float)
DIMWISE_INSTANTIATE(double)
#undef DIMWISE_INSTANTIATE

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
template peak_rates measure_peak<float>();
template peak_rates measure_peak<double>();
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
