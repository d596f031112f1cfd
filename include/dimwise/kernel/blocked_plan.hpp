// kernel/blocked_plan.hpp: a program in blocks of samples, and how blocks go through its plans.
#pragma once
#include <algorithm>
#include <optional>

#include "executable_program.hpp"
#include "plan.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// Blocks of a group go through the plan together, each in a workspace of its own, so that a dimension's weights are read once
/// for all of them. run_steps(plan, phase, dimension, blocks, call, select): the steps of a phase for each block; select(b) turns
/// the call to one.
template <class T, class Run, class F>
void run_plan(const plan<T>& p, call<T> c, std::size_t begin, std::size_t end, Run&& run_steps, F&& after_block) {
  const std::size_t samples = std::size_t(p.samples);
  T* const workspace = c.workspace;
  for (std::size_t first = begin; first < end; first += samples * std::size_t(p.group)) {
    const int blocks = int(std::min(std::size_t(p.group), (end - first + samples - 1) / samples));
    const auto select = [&](int g) {
      c.workspace = workspace + g * p.workspace;
      c.first = first + std::size_t(g) * samples;
      c.valid = int(std::min(samples, end - c.first));
      c.next = c.first + samples * std::size_t(p.group);
      c.next_valid = c.next < end ? int(std::min(samples, end - c.next)) : 0;
    };
    const auto run = [&](const phase& f, int from, int to) {
      for (int i = from; i < to; i++) run_steps(p, f, i, blocks, c, select);
    };
    for (auto f = p.phases.begin(); f != p.phases.end(); ++f) {
      if (f->once && first != begin) continue;
      if (f->dims == 0) {
        run(*f, 0, f->each_dimension ? p.d : 1);
        continue;
      }
      for (int i = 0; i < p.d; i += f->dims) {
        const int end = std::min(i + f->dims, p.d);
        run(f[0], i, end);
        run(f[1], i, end);
      }
      ++f;
    }
    for (int g = 0; g < blocks; g++) {
      select(g);
      after_block(c);
    }
  }
}

/// One block after another.
struct steps_in_order {
  template <class T, class Select>
  void operator()(const plan<T>& p, const phase& f, int i, int blocks, call<T>& c, Select&& select) const {
    for (int b = 0; b < blocks; b++) {
      select(b);
      c.i = i;
      for (std::size_t s = f.begin; s < f.end; s++) p.steps[s].run(p.steps[s], c);
    }
  }
};

template <class T, class F>
void run_plan(const plan<T>& p, const call<T>& c, std::size_t begin, std::size_t end, F&& after_block) {
  run_plan(p, c, begin, end, steps_in_order{}, after_block);
}

/// One program in blocks of samples, and in two and single vectors of them for what would leave the last block mostly empty.
/// Where nothing has derivatives and that needs little enough memory, two blocks are one as long as there are some: half the
/// calls of small steps, weights read half as often, and half the passes over gradients (1 to 3 % of W1 and W3). The coefficients
/// of two blocks would leave the nearest cache, and what comes from the next one costs the processor power and so its clock
/// (up to 5 % of W1 and W4's gradient at d = 8, on a Granite Rapids).
template <class T>
struct blocked_plan {
  plan<T> whole, pair, rest;
  std::optional<plan<T>> wide;
  static constexpr std::ptrdiff_t most_wide = 8 << 20;  ///< bytes of two blocks that add to a gradient

  blocked_plan(const table& t, const executable_program<T>& program, int block,
               parameter_gradients gradients = parameter_gradients::added, bool two_at_once = true)
      : whole(t, program.nodes, program.functions, block, gradients),
        pair(t, program.nodes, program.functions, 2 * simd::lanes<T>, gradients),
        rest(t, program.nodes, program.functions, simd::lanes<T>, gradients) {
    const bool adds = program.by.any() && gradients != parameter_gradients::left_out;
    const std::ptrdiff_t most = adds ? most_wide : buffer_layout<T>::second_level_cache;
    if (!two_at_once || whole.coefficients > 1 || whole.repeats() || 2 * whole.workspace * std::ptrdiff_t(sizeof(T)) > most)
      return;
    wide.emplace(t, program.nodes, program.functions, 2 * block, gradients);
    if (wide->repeats()) wide.reset();
    else wide->group = std::max(1, whole.group / 2);
  }
  /// Elements of the blocks that are computed together.
  std::ptrdiff_t workspace() const {
    return std::max({whole.workspace * whole.group, pair.workspace * pair.group, rest.workspace * rest.group,
                     wide ? wide->workspace * wide->group : 0});
  }
  /// Calls f with each plan, in a fixed order.
  template <class Self, class F>
  static void each_plan(Self& self, F&& f) {
    f(self.whole);
    f(self.pair);
    f(self.rest);
    if (self.wide) f(*self.wide);
  }
  /// Calls f(plan, first sample, end) for the plans that samples [begin, end) need. A single vector is slow (its products are
  /// bound by loads), so one that is left behind a block of three is computed as two pairs with it.
  template <class F>
  void each_part(std::size_t begin, std::size_t end, F&& f) const {
    if (wide && end - begin >= std::size_t(wide->samples)) {
      const std::size_t middle = end - (end - begin) % std::size_t(wide->samples);
      f(*wide, begin, middle);
      begin = middle;
    }
    const std::size_t block = std::size_t(whole.samples), lanes = std::size_t(simd::lanes<T>), left = (end - begin) % block;
    const bool two_pairs = left > 0 && left <= lanes && block == 3 * lanes && end - begin > block;
    const std::size_t middle = two_pairs ? end - left - block : left * 3 <= block * 2 ? end - left : end;
    if (begin < middle) f(whole, begin, middle);
    if (middle < end) f(two_pairs || left > lanes ? pair : rest, middle, end);
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
