// core/inline.hpp: forced inlining; without it the constants of unrolled loops would not meet their uses.
#pragma once

#if defined(__GNUC__) || defined(__clang__)
#define DIMWISE_INLINE inline __attribute__((always_inline))
#define DIMWISE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define DIMWISE_INLINE inline
#define DIMWISE_INLINE_LAMBDA
#endif
