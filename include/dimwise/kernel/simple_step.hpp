// kernel/simple_step.hpp: the step functions of operations that need to be told nothing but their operands.
#pragma once
#include "boundary_steps.hpp"
#include "copy_steps.hpp"
#include "dimension_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// Null for all others.
template <class T>
step_function<T> simple_step(jet_op o) {
  switch (o) {
    case jet_op::load_state: return steps::load_state<T>;
    case jet_op::load_time: return steps::load_time<T>;
    case jet_op::along: return steps::along<T>;
    case jet_op::load_input: return steps::load_input<T>;
    case jet_op::load_input_per_dim: return steps::load_input_per_dim<T>;
    case jet_op::literal: return steps::literal<T>;
    case jet_op::constant: return steps::constant<T>;
    case jet_op::index: return steps::index<T>;
    case jet_op::indicator: return steps::indicator<T>;
    case jet_op::offset: return steps::offset<T>;
    case jet_op::choose: return steps::choose<T>;
    case jet_op::choose_vjp: return steps::choose_vjp<T>;
    case jet_op::derivative: return steps::derivative<T>;
    case jet_op::derivative_vjp: return steps::derivative_vjp<T>;
    case jet_op::sum_features: return steps::sum_features<T>;
    case jet_op::repeat_features: return steps::repeat_features<T>;
    case jet_op::shift: return steps::shift<T>;
    case jet_op::unstack: return steps::unstack<T>;
    case jet_op::unstack_vjp: return steps::unstack_vjp<T>;
    default: return nullptr;
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
