// src/kernel/product_arithmetic.cpp: what the environment asks for, and what the machine has.
#include "dimwise/kernel/product_arithmetic.hpp"

#include <cstdlib>
#include <string_view>
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace dimwise {

bool amx_is_there() {
#if defined(__x86_64__) && defined(__linux__) && defined(SYS_arch_prctl)
  static const bool there = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned bf16 = 1u << 22, tiles = 1u << 24;  // of EDX
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & bf16) == 0 || (d & tiles) == 0) return false;
    constexpr int request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  }();
  return there;
#else
  return false;
#endif
}

product_arithmetic requested_arithmetic() {
  static const product_arithmetic asked = [] {
    const char* value = std::getenv("DIMWISE_AMX");
    const std::string_view text = value ? value : "";
    if (text == "emulated") return product_arithmetic::emulated;
    return text == "on" && amx_is_there() ? product_arithmetic::amx : product_arithmetic::fused;
  }();
  return asked;
}

const char* name_of(product_arithmetic a) {
  return a == product_arithmetic::amx ? "amx" : a == product_arithmetic::emulated ? "emulated amx" : "fused";
}

}  // namespace dimwise
