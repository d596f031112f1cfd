// simd/software_pipeline.hpp: functions cut into stages, and a loop in which every stage works on a vector of its own.
#pragma once
#include <dimwise/simd/pack.hpp>
#include <utility>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// A function cut into stages is a class with a number `stages` and members
///   void stage(stage_number<0>, const pack<T>& x);
///   void stage(stage_number<J>);   // for 0 < J < stages
/// of which each reads what the one before it left in members that no other stage writes, and a way to ask for the result. A
/// number that a later stage needs, too, is handed on in copies (n, n1, n2), which cost nothing in an unrolled loop.
template <int J>
using stage_number = std::integral_constant<int, J>;

namespace detail {
template <int N, class F>
DIMWISE_INLINE void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (f(std::integral_constant<int, I>{}), ...); }
  (std::make_integer_sequence<int, N>{});
}
/// Stages [First, End), the last one first, so that each finds what the one before it made for the vector before. x: the next
/// vector.
template <int First, int End, class Stages, class V>
DIMWISE_INLINE void advance(Stages& f, const V& x) {
  if constexpr (First < End) {
    if constexpr (End == 1) f.stage(stage_number<0>{}, x);
    else f.stage(stage_number<End - 1>{});
    advance<First, End - 1>(f, x);
  }
}
}  // namespace detail

/// The first End stages for one vector. (A function that returned `f` would leave its members in memory.)
template <int End, class Stages, class V>
DIMWISE_INLINE void run_stages(Stages& f, const V& x) {
  detail::unrolled<End>([&](auto j) DIMWISE_INLINE_LAMBDA {
    if constexpr (j == 0) f.stage(j, x);
    else f.stage(j);
  });
}

/// All of them.
template <class Stages, class V>
DIMWISE_INLINE void run_stages(Stages& f, const V& x) {
  run_stages<Stages::stages>(f, x);
}

/// Groups of Group vectors that a pipeline of these stages needs.
template <class Stages, int Group>
inline constexpr int least_groups = Stages::stages / Group;

/// Applies a function to `groups` groups of Group vectors: load(g, v) gives vector v of group g, and use(v, function) takes the
/// results in order. Vector n is in stage J while n - 1 is in stage J + 1: the operations at hand do not wait for each other, as
/// those of one vector do. A processor by itself overlaps only as many vectors as its window of instructions holds: a tanh with
/// two derivatives, 37 instructions and 85 cycles, takes 12 cycles that way, 9.5 this way, and 7.6 if nothing waited for anything
/// (Zen 5). At the end, long pipelines are given the last group again: without that, the code of all ends would make W1 0.5 %
/// faster, and take g++ three times as long as the rest of the pipeline. Requires groups >= least_groups.
template <class Stages, int Group, class Load, class Use>
DIMWISE_INLINE void software_pipeline(int groups, Load&& load, Use&& use) {
  constexpr int n = Stages::stages, ahead = least_groups<Stages, Group>;
  static_assert(n == ahead * Group, "a result must come out where its operand of some groups later is loaded");
  Stages f;
  detail::unrolled<n>([&](auto k) DIMWISE_INLINE_LAMBDA {
    detail::advance<0, k + 1>(f, load(k / Group, std::integral_constant<int, k % Group>{}));
  });
  constexpr bool again = ahead > 1;
#pragma GCC unroll 1
  for (int g = ahead; g < groups + (again ? ahead : 0); g++)
    detail::unrolled<Group>([&](auto v) DIMWISE_INLINE_LAMBDA {
      use(v, f);
      detail::advance<0, n>(f, load(again && g >= groups ? groups - 1 : g, v));
    });
  if constexpr (!again)
    detail::unrolled<n>([&](auto k) DIMWISE_INLINE_LAMBDA {
      use(k, f);
      detail::advance<k + 1, n>(f, 0);
    });
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
