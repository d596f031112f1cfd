// examples/stiff/problems.hpp: published stiff problems as dimwise expressions, with their starts and reference solutions.
#pragma once
#include <array>
#include <vector>

#include "dimwise/language.hpp"

// Equations, starts and reference values: F. Mazzia and C. Magherini, Test Set for Initial Value Problem Solvers, release 2.4,
// 2008 (Van der Pol, HIRES, Pollution, Oregonator, Robertson); Hairer & Wanner, Solving Ordinary Differential Equations II,
// section IV.10.
namespace stiff {
using namespace dimwise;

constexpr void van_der_pol(model& m) {
  auto x = m.state<"x", 2>();
  m.ode<"van_der_pol">(components(x[1], ((1.0 - sq(x[0])) * x[1] - x[0]) / m.constant<"epsilon">(1e-6)));
}

constexpr void robertson(model& m) {
  auto x = m.state<"x", 3>();
  auto slow = 0.04 * x[0], back = 1e4 * x[1] * x[2], fast = 3e7 * sq(x[1]);
  m.ode<"robertson">(components(back - slow, slow - back - fast, fast));
}

constexpr void hires(model& m) {
  auto x = m.state<"x", 8>();
  auto r = 280.0 * x[5] * x[7];
  m.ode<"hires">(components(-1.71 * x[0] + 0.43 * x[1] + 8.32 * x[2] + 0.0007, 1.71 * x[0] - 8.75 * x[1],
                            -10.03 * x[2] + 0.43 * x[3] + 0.035 * x[4], 8.32 * x[1] + 1.71 * x[2] - 1.12 * x[3],
                            -1.745 * x[4] + 0.43 * x[5] + 0.43 * x[6], -r + 0.69 * x[3] + 1.71 * x[4] - 0.43 * x[5] + 0.69 * x[6],
                            r - 1.81 * x[6], 1.81 * x[6] - r));
}

constexpr void oregonator(model& m) {
  auto x = m.state<"x", 3>();
  m.ode<"oregonator">(components(77.27 * (x[1] + x[0] * (1.0 - 8.375e-6 * x[0] - x[1])), (x[2] - (1.0 + x[0]) * x[1]) / 77.27,
                                 0.161 * (x[0] - x[2])));
}

constexpr void pollution(model& m) {
  auto y = m.state<"y", 20>();
  auto r1 = 0.35 * y[0], r2 = 26.6 * y[1] * y[3], r3 = 1.23e4 * y[4] * y[1], r4 = 8.6e-4 * y[6], r5 = 8.2e-4 * y[6],
       r6 = 1.5e4 * y[6] * y[5], r7 = 1.3e-4 * y[8], r8 = 2.4e4 * y[8] * y[5], r9 = 1.65e4 * y[10] * y[1],
       r10 = 9e3 * y[10] * y[0], r11 = 0.022 * y[12], r12 = 1.2e4 * y[9] * y[1], r13 = 1.88 * y[13], r14 = 1.63e4 * y[0] * y[5],
       r15 = 4.8e6 * y[2], r16 = 3.5e-4 * y[3], r17 = 0.0175 * y[3], r18 = 1e8 * y[15], r19 = 4.44e11 * y[15],
       r20 = 1240.0 * y[16] * y[5], r21 = 2.1 * y[18], r22 = 5.78 * y[18], r23 = 0.0474 * y[0] * y[3],
       r24 = 1780.0 * y[18] * y[0], r25 = 3.12 * y[19];
  m.ode<"pollution">(components(-r1 - r10 - r14 - r23 - r24 + r2 + r3 + r9 + r11 + r12 + r22 + r25,
                                -r2 - r3 - r9 - r12 + r1 + r21, -r15 + r1 + r17 + r19 + r22, -r2 - r16 - r17 - r23 + r15,
                                -r3 + 2.0 * r4 + r6 + r7 + r13 + r20, -r6 - r8 - r14 - r20 + r3 + 2.0 * r18, -r4 - r5 - r6 + r13,
                                r4 + r5 + r6 + r7, -r7 - r8, -r12 + r7 + r9, -r9 - r10 + r8 + r11, r9, -r11 + r10, -r13 + r12,
                                r14, -r18 - r19 + r16, -r20, r20, -r21 - r22 - r24 + r23 + r25, -r25 + r24));
}

/// Where a problem starts and what is known of its end.
struct published {
  const char* name;
  double end;
  std::vector<double> start, reference;
  /// Absolute tolerances far below rtol times the values at the end: on their way, components of the Oregonator are 1e-5 of
  /// these, and lose their digits there for good under a tolerance that fits the end.
  std::vector<double> atol(double rtol) const {
    std::vector<double> a;
    for (const double r : reference) a.push_back(1e-3 * rtol * std::abs(r));
    return a;
  }
};
inline std::vector<published> all_published() {
  return {
      {"van_der_pol", 2, {2, 0}, {1.706167732170483, -0.8928097010247975}},
      {"robertson", 40, {1, 0, 0}, {0.7158270687193, 0.9185534764557e-5, 0.2841637457458}},
      {"hires",
       321.8122,
       {1, 0, 0, 0, 0, 0, 0, 0.0057},
       {0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2, 0.2386356198831331e-2,
        0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2}},
      {"oregonator", 360, {1, 2, 3}, {0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3}},
      {"pollution",
       60,
       {0, 0.2, 0, 0.04, 0, 0, 0.1, 0.3, 0.01, 0, 0, 0, 0, 0, 0, 0, 0.007, 0, 0, 0},
       {0.5646255480022769e-1,  0.1342484130422339,    0.4139734331099427e-8, 0.5523140207484359e-2, 0.2018977262302196e-6,
        0.1464541863493966e-6,  0.7784249118997964e-1, 0.3245075353396018,    0.7494013383880406e-2, 0.1622293157301561e-7,
        0.1135863833257075e-7,  0.2230505975721359e-2, 0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2,
        0.4352846369330103e-17, 0.6899219696263405e-2, 0.1007803037365946e-3, 0.1772146513969984e-5, 0.5682943292316392e-4}},
  };
}

}  // namespace stiff
