// src/kernel/plan_kernel.cpp: the part of every kernel that does not depend on the model, compiled once for each instruction set that the runtime
// library holds. DIMWISE_KERNELS_FOR: the inline namespace that this object is meant for.
#include "dimwise/kernel/plan_kernel.hpp"

#include <string_view>

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

static_assert(simd::isa_name() == std::string_view(DIMWISE_KERNELS_FOR), "the flags of this object must give the instruction set that it is named after");

template std::unique_ptr<kernel_interface<float>> make_plan_kernel<float>(const table&, std::vector<output_info>, const executable_program<float>&,
                                                                          const executable_program<float>*, bool);
template std::unique_ptr<kernel_interface<double>> make_plan_kernel<double>(const table&, std::vector<output_info>, const executable_program<double>&,
                                                                            const executable_program<double>*, bool);

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
