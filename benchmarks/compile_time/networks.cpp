// benchmarks/compile_time/networks.cpp: networks.hpp as a user's file, all kernels in both precisions. -DDIMENSIONS, -DORDER,
// -DNETWORKS.
#include "networks.hpp"

#include <dimwise/kernel.hpp>

auto compiled() { return dimwise::compile<corpus_model<DIMENSIONS, ORDER, NETWORKS>>("corpus"); }
