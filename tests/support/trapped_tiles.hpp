// tests/support/trapped_tiles.hpp: runs the instructions of AMX tile registers on a processor that has none: each raises the
// signal for unknown instructions, and its handler does what the instruction means.
#pragma once
#include "dimwise/simd/split_tile.hpp"

#if defined(DIMWISE_SIMD_SPLIT) && defined(__linux__)
#include <csignal>
#include <ucontext.h>
#endif

namespace dimwise_tests {

#if defined(DIMWISE_SIMD_SPLIT) && defined(__linux__)

/// While it lives. Knows ldtilecfg (of full tiles), tilerelease, tilezero, tileloadd, tilestored and tdpbf16ps; another unknown
/// instruction, or one before ldtilecfg, ends the program as ever.
class trapped_tiles {
 public:
  trapped_tiles() {
    executed_ = 0;
    configured_ = false;
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    installed_ = sigaction(SIGILL, &action, &before_) == 0;
  }
  ~trapped_tiles() {
    if (installed_) sigaction(SIGILL, &before_, nullptr);
  }
  trapped_tiles(const trapped_tiles&) = delete;
  trapped_tiles& operator=(const trapped_tiles&) = delete;
  bool installed() const { return installed_; }
  static long executed() { return executed_; }

 private:
  struct sigaction before_ {};
  bool installed_ = false;
  inline static long executed_ = 0;
  inline static bool configured_ = false;
  alignas(64) inline static unsigned char tile_[8][1024];

  static long long& general(ucontext_t* context, int number) {
    static constexpr int place[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return context->uc_mcontext.gregs[place[number]];
  }
  [[noreturn]] static void refuse() {
    std::signal(SIGILL, SIG_DFL);
    std::raise(SIGILL);
    std::abort();
  }
  static void handle(int, siginfo_t*, void* of) {
    auto* const context = static_cast<ucontext_t*>(of);
    long long& rip = context->uc_mcontext.gregs[REG_RIP];
    const auto* code = reinterpret_cast<const unsigned char*>(rip);
    // VEX: C4, (not R, not X, not B, map), (W, not vvvv, L, prefix), opcode, ModRM
    if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0) refuse();
    const int index_high = code[1] & 0x40 ? 0 : 8, base_high = code[1] & 0x20 ? 0 : 8, third = (~code[2] >> 3) & 15,
              prefix = code[2] & 3;
    const int opcode = code[3], mode = code[4] >> 6, reg = (code[4] >> 3) & 7, rm = code[4] & 7;
    const unsigned char* next = code + 5;
    char* address = nullptr;
    std::ptrdiff_t stride = 0;
    if (mode != 3) {
      int base = rm;
      if (rm == 4) {
        const int scale = *next >> 6, index = ((*next >> 3) & 7) | index_high;
        base = *next++ & 7;
        if (index != 4) stride = general(context, index) << scale;
      }
      long long displacement = 0;
      if (mode == 1) displacement = *reinterpret_cast<const signed char*>(next++);
      if (mode == 2 || (mode == 0 && base == 5)) {
        int wide;
        std::memcpy(&wide, next, 4);
        displacement = wide;
        next += 4;
      }
      if (mode == 0 && base == 5) refuse();  // relative to the instruction: compilers do not make it here
      address = reinterpret_cast<char*>(general(context, base | base_high) + displacement);
    }
    if (opcode == 0x49 && prefix == 0 && mode != 3) {
      const auto* shapes = reinterpret_cast<const unsigned char*>(address);
      for (int i = 0; i < 8; i++)
        if (shapes[0] != 1 || shapes[16 + 2 * i] != 64 || shapes[17 + 2 * i] != 0 || shapes[48 + i] != 16) refuse();
      for (int i = 32; i < 48; i++)
        if (shapes[i] || shapes[i + 24 > 63 ? 63 : i + 24]) refuse();
      std::memset(tile_, 0, sizeof tile_);
      configured_ = true;
    } else if (!configured_) {
      refuse();
    } else if (opcode == 0x49 && prefix == 0 && reg == 0 && rm == 0) {
      configured_ = false;
    } else if (opcode == 0x49 && prefix == 3 && mode == 3 && rm == 0) {
      std::memset(tile_[reg], 0, 1024);
    } else if (opcode == 0x4b && prefix == 3 && rm == 4) {
      for (int r = 0; r < 16; r++) std::memcpy(tile_[reg] + 64 * r, address + r * stride, 64);
    } else if (opcode == 0x4b && prefix == 2 && rm == 4) {
      for (int r = 0; r < 16; r++) std::memcpy(address + r * stride, tile_[reg] + 64 * r, 64);
    } else if (opcode == 0x5c && prefix == 2 && mode == 3) {
      const unsigned mode_before = _mm_getcsr();
      _mm_setcsr(0x9fc0);
      dimwise::simd::emulated_tiles::dot_products(tile_[reg], tile_[rm], tile_[third & 7]);
      _mm_setcsr(mode_before);
    } else {
      refuse();
    }
    executed_ = executed_ + 1;
    rip += next - code;
  }
};

#else

class trapped_tiles {
 public:
  bool installed() const { return false; }
  static long executed() { return 0; }
};

#endif

}  // namespace dimwise_tests
