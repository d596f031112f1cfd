// kernel.hpp: kernels from models; includes xsimd. Compile with the instruction set of the machine that runs it.
#pragma once
#include "kernel/compile.hpp"
#include "language.hpp"
