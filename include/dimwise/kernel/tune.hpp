// kernel/tune.hpp: the register tiles of a plan's products: as they were remembered, and measured where they run.
#pragma once
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "../core/aligned.hpp"
#include "../simd/timing.hpp"
#include "matrix_steps.hpp"
#include "plan.hpp"
#include "tile_choices.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace steps {
/// The step functions of each of simd::tile_shapes.
template <class T>
inline constexpr auto products_of = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<step_function<T>, sizeof...(I)>{products<T, int(I)>...};
}
(std::make_index_sequence<simd::tile_shapes.size()>{});
template <class T>
inline constexpr auto weight_gradients_of = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<step_function<T>, sizeof...(I)>{weight_gradient<T, int(I)>...};
}
(std::make_index_sequence<simd::tile_shapes.size()>{});
}  // namespace steps

/// The tile of a step among the functions of one kind; -1: it is of another.
template <class T, std::size_t N>
int tile_in(const step<T>& st, const std::array<step_function<T>, N>& kind) {
  const auto at = std::find(kind.begin(), kind.end(), st.run);
  return at == kind.end() ? -1 : int(at - kind.begin());
}
template <class T>
int tile_of(const step<T>& st) {
  return std::max(tile_in(st, steps::products_of<T>), tile_in(st, steps::weight_gradients_of<T>));
}
template <class T>
void set_tile(step<T>& st, int tile) {
  st.run = tile_in(st, steps::products_of<T>) >= 0 ? steps::products_of<T>[std::size_t(tile)]
                                                   : steps::weight_gradients_of<T>[std::size_t(tile)];
}

/// `what` is 0 where the step has no tile to choose.
template <class T>
product_key product_of(const step<T>& st) {
  product_key k;
  k.what = 0;
  if (st.product_count == 0) return k;
  const matrix_product& first = *st.products;
  if (tile_in(st, steps::products_of<T>) >= 0) {
    const bool transposed = first.a_row == 1 && first.a_col != 1;
    k.what = st.follower ? transposed ? 'u' : 'f' : transposed ? 't' : 'p';
    for (int j = 0; j < std::max(first.terms, 1); j++) k.depth += st.products[j].depth;
  } else if (tile_in(st, steps::weight_gradients_of<T>) >= 0) {
    k.what = 'g';
    k.depth = first.depth;
  } else {
    return k;
  }
  k.bytes = int(sizeof(T));
  k.rows = first.rows;
  for (int j = 0; j < st.product_count; j++) k.packs = std::max(k.packs, st.products[j].columns / simd::lanes<T>);
  return k;
}

/// Sets the tiles that were remembered, and the usual ones of other products. A shape that this instruction set does not have
/// counts as not remembered.
template <class T>
void choose_tiles(plan<T>& p, const tile_choices& remembered) {
  for (step<T>& st : p.steps)
    if (const product_key k = product_of(st); k.what) {
      set_tile(st, simd::usual_tile(k.rows, k.packs));
      if (const tile_choice* c = remembered.find(k))
        for (std::size_t i = 0; i < simd::tile_shapes.size(); i++)
          if (simd::tile_shapes[i] == simd::tile_shape{c->rows, c->packs}) set_tile(st, int(i));
    }
}

/// Times every tile for each product of the plan that is not in `found` yet: the step as it is, with what follows it, on memory
/// of the plan's own layout. A tile must win by more than a hundredth, which two runs of one tile differ by. About 0.05 s for
/// each product.
template <class T>
void measure_tiles(const plan<T>& p, std::size_t parameter_count, std::vector<tile_measurement>& found) {
  aligned_vector<T> workspace, parameters, accumulators;
  call<T> c;
  for (const step<T>& st : p.steps) {
    const product_key k = product_of(st);
    if (!k.what || std::any_of(found.begin(), found.end(), [&](const tile_measurement& m) { return m.product == k; })) continue;
    if (workspace.empty()) {
      workspace.resize(std::size_t(p.workspace));
      parameters.resize(parameter_count);
      accumulators.resize(std::size_t(p.accumulators));
      for (aligned_vector<T>* v : {&workspace, &parameters})
        for (std::size_t i = 0; i < v->size(); i++) (*v)[i] = T(0.125) * T(int(i * 37 % 17) - 8) / T(8);
      c.workspace = workspace.data();
      c.parameters = parameters.data();
      c.accumulators = accumulators.data();
      c.valid = p.samples;
      c.i = p.d / 2;  // half of what a mask lets a dimension see
    }
    step<T> tried = st;
    double ns[simd::tile_shapes.size()];
    std::fill(std::begin(ns), std::end(ns), 1e18);
    for (int round = 0; round < 3; round++)
      for (std::size_t i = 0; i < simd::tile_shapes.size(); i++) {
        set_tile(tried, int(i));
        ns[i] = std::min(ns[i], 1e9 * simd::best_seconds([&] { tried.run(tried, c); }, 8, 4e-4));
      }
    const std::size_t usual = std::size_t(simd::usual_tile(k.rows, k.packs)),
                      least = std::size_t(std::min_element(std::begin(ns), std::end(ns)) - ns);
    const std::size_t best = ns[least] < 0.99 * ns[usual] ? least : usual;
    found.push_back({k, {simd::tile_shapes[best].rows, simd::tile_shapes[best].packs}, ns[usual], ns[best]});
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
