// kernel/few_plans.hpp: a program for fewer samples than a vector holds.
#pragma once
#include <algorithm>
#include <vector>

#include "executable_program.hpp"
#include "plan.hpp"
#include "unit_plan.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// The plans for fewer samples than a vector holds: one, two and four at a time.
template <class T>
struct few_plans {
  unit_plan<T> one, two, four;
  /// Samples up to which they are faster than a vector with idle lanes: with prepared parameters, and without.
  std::size_t most_ready = 0, most = 0;
  static constexpr std::ptrdiff_t most_prepared_in_call = 65536;

  /// vector: the plan for a whole vector of samples.
  few_plans(const table& t, const executable_program<T>& program, const plan<T>& vector)
      : one(t, program.nodes, program.functions, 1),
        two(t, program.nodes, program.functions, 2),
        four(t, program.nodes, program.functions, 4) {
    if (!one.possible || !two.possible || !four.possible || vector.matrix_flop == 0) return;
    // rough cycles; parameters that are not prepared cost half a cycle each
    constexpr double flop_a_cycle = 3 * simd::lanes<T>;
    const double all = vector.matrix_flop * simd::lanes<T> / flop_a_cycle +
                       other_cycles(vector.steps, vector.phases, vector.d, [](const step<T>& s) { return s.width * s.samples; });
    for (std::size_t n = 1; n < std::size_t(simd::lanes<T>); n++) {
      double cycles = 0;
      each_part(0, n, [&](const unit_plan<T>& p, std::size_t) {
        cycles += p.product_cycles + other_cycles(p.steps, p.phases, p.d, [](const step<T>& s) { return s.samples; });
      });
      if (cycles > 0.9 * all) break;
      most_ready = n;
      if (most == n - 1 && one.prepared <= most_prepared_in_call && cycles + 0.5 * double(one.prepared) < 0.9 * all) most = n;
    }
  }
  std::ptrdiff_t workspace() const {
    return most_ready ? std::max({one.workspace(), two.workspace(), four.workspace()}) + (most ? one.prepared : 0) : 0;
  }
  /// What steps cost besides products.
  template <class Elements>
  static double other_cycles(const std::vector<step<T>>& steps, const std::vector<phase>& phases, int d, Elements elements) {
    double cycles = 0;
    for (const phase& f : phases)
      for (std::size_t i = f.begin; i < f.end; i++)
        for (const step<T>* s = &steps[i]; s; s = s->follower)
          cycles += (f.each_dimension ? d : 1) * (15 + 6.0 * count(s->out_set) * elements(*s) / simd::lanes<T>);
    return cycles;
  }
  /// Calls f(plan, first sample).
  template <class F>
  void each_part(std::size_t begin, std::size_t end, F&& f) const {
    for (; end - begin >= 4; begin += 4) f(four, begin);
    if (end - begin >= 2) {
      f(two, begin);
      begin += 2;
    }
    if (begin < end) f(one, begin);
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
