// kernel/product_arithmetic.hpp: what the matrix products of single-precision values are made of.
#pragma once

namespace dimwise {

/// fused: multiply-adds of single precision. amx: six products of bf16 parts in the tile registers of the processor
/// (simd/split_tile.hpp), for values (not gradients) in builds for AVX-512. emulated: the same digits in software, slowly.
enum class product_arithmetic : int { fused, amx, emulated };

/// Whether processor and system have AMX with bf16 numbers; asks the system, once in the life of the program, to let this process
/// use it.
bool amx_is_there();

/// What $DIMWISE_AMX asks for: "on" where amx_is_there(), "emulated", else fused. Read once in the life of the program.
product_arithmetic requested_arithmetic();

/// "fused", "amx" or "emulated amx".
const char* name_of(product_arithmetic a);

}  // namespace dimwise
