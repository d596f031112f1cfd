// simd/isa.hpp: the instruction set that this translation unit is compiled for, as a namespace tag and as constants.
#pragma once

// Everything in simd/ lives in an inline namespace named after the instruction set, so that objects compiled with different
// flags can be linked into one program without the linker merging their functions.
#if defined(__AVX512F__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
#define DIMWISE_SIMD_ISA avx512
#define DIMWISE_SIMD_AVX512 1
#define DIMWISE_SIMD_AVX2 1
#elif defined(__AVX512F__)
#error \
    "dimwise: AVX-512 needs the extensions F, CD, DQ and BW together: compile with -march=x86-64-v4 or -march=native, or without AVX-512 (-mno-avx512f)."
#elif defined(__AVX2__) && defined(__FMA__)
#define DIMWISE_SIMD_ISA avx2
#define DIMWISE_SIMD_AVX2 1
#elif defined(__AVX__)
#define DIMWISE_SIMD_ISA avx
#elif defined(__SSE2__)
#define DIMWISE_SIMD_ISA sse2
#elif defined(__aarch64__)
#define DIMWISE_SIMD_ISA neon64
#else
#define DIMWISE_SIMD_ISA baseline
#endif

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Name of the instruction set: "avx512", "avx2" (with FMA), "avx", "sse2", "neon64" or "baseline".
constexpr const char* isa_name() {
#define DIMWISE_SIMD_TEXT_OF(x) #x
#define DIMWISE_SIMD_TEXT(x) DIMWISE_SIMD_TEXT_OF(x)
  return DIMWISE_SIMD_TEXT(DIMWISE_SIMD_ISA);
#undef DIMWISE_SIMD_TEXT
#undef DIMWISE_SIMD_TEXT_OF
}

/// Whether `fma` rounds once; without it, it is a product followed by a sum.
#if defined(DIMWISE_SIMD_AVX2) || defined(__aarch64__) || defined(__FMA__)
inline constexpr bool has_fused_multiply_add = true;
#else
inline constexpr bool has_fused_multiply_add = false;
#endif

/// Number of vector registers that a register tile may count on.
#if defined(DIMWISE_SIMD_AVX512) || defined(__aarch64__)
inline constexpr int vector_registers = 32;
#else
inline constexpr int vector_registers = 16;
#endif

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
