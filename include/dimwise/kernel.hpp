// kernel.hpp: kernels from models; includes xsimd. Compile with the instruction set of the machine that runs it.
#pragma once
#include "language.hpp"  // first: the compiler's notes on a refused model then name few files

#include "kernel/compile.hpp"
