// simd/elementary.hpp: all elementary functions on packs.
#pragma once
#include <dimwise/simd/error_function.hpp>
#include <dimwise/simd/exponential.hpp>
#include <dimwise/simd/hyperbolic.hpp>
#include <dimwise/simd/inverse_trigonometric.hpp>
#include <dimwise/simd/logarithm.hpp>
#include <dimwise/simd/power.hpp>
#include <dimwise/simd/sigmoid.hpp>
#include <dimwise/simd/tanh.hpp>
#include <dimwise/simd/trigonometric.hpp>
