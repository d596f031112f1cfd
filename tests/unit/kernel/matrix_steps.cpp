// tests/unit/kernel/matrix_steps.cpp: products in strips of rows, by rows and by columns: the same digits, and every row is
// handed on once.
#include "dimwise/kernel/matrix_steps.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "catch.hpp"
#include "dimwise/core/aligned.hpp"

using namespace dimwise;

namespace {

/// A follower that counts how often each row is handed on; its `out` is a number for each.
template <class T>
void note_rows(const step<T>& st, const call<T>& c) {
  T* const times = c.at(st.out);
  for (int r = c.first_row; r < c.first_row + c.rows; r++) times[r] += 1;
}

/// C = bias + A B + a b, where the second product has depth 1, in a workspace of B, b, C and a number for each row.
template <class T>
struct layer {
  int rows, depth, columns, samples;
  aligned_vector<T> parameters, workspace;
  matrix_product products[2];
  step<T> follower, products_of_layer;

  layer(int r, int k, int coefficients, extent_rule rule) : rows(r), depth(k), samples(3 * simd::lanes<T>) {
    columns = coefficients * samples;
    parameters.resize(std::size_t(rows * (depth + 2)));
    workspace.resize(std::size_t((depth + 1 + rows) * columns + rows));
    std::mt19937 engine(5);
    std::normal_distribution<double> normal;
    for (T& v : parameters) v = T(normal(engine));
    for (T& v : workspace) v = T(normal(engine));
    matrix_product& p = products[0];
    p.a_row = depth;
    p.a_col = 1;
    p.b_row = p.c_row = columns;
    p.c = (depth + 1) * columns;
    p.bias = rows * (depth + 1);
    p.rows = rows;
    p.depth = depth;
    p.columns = columns;
    p.terms = 2;
    p.rule = rule;
    p.units_in = depth;
    p.units_out = rows;
    products[1] = p;
    products[1].a = rows * depth;
    products[1].a_row = 1;
    products[1].b = depth * columns;
    products[1].depth = 1;
    products[1].rule = extent_rule::full;
    follower.run = note_rows<T>;
    follower.out.base = p.c + rows * columns;
    products_of_layer.products = products;
    products_of_layer.product_count = 2;
    products_of_layer.samples = samples;
    products_of_layer.d = 5;
    products_of_layer.follower = &follower;
  }
  template <int Tile>
  bool by_columns() const {
    const int of_strip = std::min(rows, strip_rows(columns * std::ptrdiff_t(sizeof(T))));
    step<T> asks_for_nothing = products_of_layer;
    asks_for_nothing.ahead = {};
    return steps::detail::goes_by_columns<Tile>(asks_for_nothing, of_strip);
  }
  T* results() { return workspace.data() + products->c; }
  template <int Tile>
  std::vector<T> run(bool by_rows = false) {
    products_of_layer.ahead = {};
    if (by_rows) {  // as steps are that ask for memory ahead, here of a dimension that there is not
      products_of_layer.ahead.size = 1;
      products_of_layer.ahead.distance = products_of_layer.d;
    }
    std::fill(results(), workspace.data() + workspace.size(), T(0));
    call<T> c;
    c.workspace = workspace.data();
    c.parameters = parameters.data();
    steps::products<T, Tile>(products_of_layer, c);
    return {results(), workspace.data() + workspace.size()};
  }
  /// In double precision, one number after another.
  std::vector<double> expected() const {
    std::vector<double> all;
    for (int r = 0; r < rows; r++)
      for (int n = 0; n < columns; n++) {
        double sum = n < samples ? double(parameters[std::size_t(products->bias + r)]) : 0;
        const simd::gemm_range k = steps::detail::depth_range(products[0], products_of_layer.d, 0, r, r + 1);
        for (int j = 0; j <= depth; j++) {
          if (j < depth && (j < k.begin || j >= k.end)) continue;
          const double a = parameters[std::size_t(j < depth ? r * depth + j : rows * depth + r)];
          sum += a * double(workspace[std::size_t(j * columns + n)]);
        }
        all.push_back(sum);
      }
    return all;
  }
};

/// Masked blocks are 0, as they are in a model.
template <class T>
void clear_masked(layer<T>& l) {
  for (int r = 0; r < l.rows; r++) {
    const simd::gemm_range k = steps::detail::depth_range(l.products[0], l.products_of_layer.d, 0, r, r + 1);
    for (int j = 0; j < l.depth; j++)
      if (j < k.begin || j >= k.end) l.parameters[std::size_t(r * l.depth + j)] = 0;
  }
}

}  // namespace

TEMPLATE_TEST_CASE("products have the same digits by rows and by columns, and hand every row on once", "[kernel]", float,
                   double) {
  using T = TestType;
  const T error = 200 * std::numeric_limits<T>::epsilon();
  for (const extent_rule rule : {extent_rule::full, extent_rule::hidden})
    for (const int rows : {3, 64, 69, 131}) {
      layer<T> l(rows, 64, 5, rule);
      clear_masked(l);
      const std::vector<T> found = l.template run<0>();
      const std::vector<double> expected = l.expected();
      double worst = 0;
      for (std::size_t i = 0; i < expected.size(); i++) worst = std::max(worst, std::abs(double(found[i]) - expected[i]));
      INFO(rows << " rows");
      CHECK(worst < double(error));
      CHECK(std::count(found.begin() + std::ptrdiff_t(expected.size()), found.end(), T(1)) == rows);
      CHECK(l.template run<0>(true) == found);
      CHECK(l.template run<1>() == found);  // other tiles cut strips elsewhere
      CHECK(l.template run<2>() == found);
#if defined(DIMWISE_SIMD_AVX512)
      CHECK(l.template by_columns<0>());
      CHECK(l.template run<3>() == found);
#endif
    }
#if defined(DIMWISE_SIMD_AVX512)
  CHECK(!layer<T>(64, 32, 1, extent_rule::full).template by_columns<0>());   // all of it stays in the nearest cache
  CHECK(!layer<T>(64, 300, 5, extent_rule::full).template by_columns<0>());  // one tile's columns do not
#endif
}
