// kernel/gradient_regions.hpp: where a plan accumulates gradients of parameters, and which entries of them are not masked.
#pragma once
#include <algorithm>
#include <vector>

#include "../lowering/weight_counts.hpp"
#include "../simd/transpose.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// What a plan does with gradients of parameters: adds them up over the block, keeps S numbers for each entry of a region, or
/// leaves them out.
enum class parameter_gradients : std::uint8_t { added, of_each_sample, left_out };

/// Where the gradient of a tensor is accumulated: [dims][in][padded] (transposed, padded to whole vectors), or [dims][padded] for
/// in = 0. Entries of few outputs are sums over samples of one lane each, `lanes` of them side by side.
struct gradient_region {
  int tensor = -1;
  int column = 0;  ///< first input column
  int dims = 1, in = 0, out = 0, lanes = 1;
  std::ptrdiff_t padded = 0, offset = 0;
  bool added = false;    ///< a step of the plan adds to it
  bool started = false;  ///< a step of the plan begins its sum in every dimension: it need not be cleared
  std::ptrdiff_t per_dim() const { return (in ? in : 1) * padded; }
};

/// The region like `wanted`; a new one lies at `end`, which grows by its length.
inline gradient_region& region_of(std::vector<gradient_region>& regions, std::ptrdiff_t& end, gradient_region wanted) {
  for (gradient_region& r : regions)
    if (r.tensor == wanted.tensor && r.column == wanted.column && r.in == wanted.in && r.lanes == wanted.lanes) return r;
  wanted.offset = end;
  end += wanted.per_dim() * wanted.dims;
  regions.push_back(wanted);
  return regions.back();
}

/// Makes accumulators ready for the first block of a sum.
template <class T>
void clear_accumulators(const std::vector<gradient_region>& regions, T* accumulators) {
  for (const gradient_region& r : regions)
    if (!r.started) std::fill_n(accumulators + r.offset, r.per_dim() * r.dims, T(0));
}

/// Which rows of a gradient are not structurally zero.
inline extent_rule row_rule(const tensor& w) {
  switch (w.masked) {
    case mask::hidden: return extent_rule::hidden_gradient;
    case mask::readout_left: return extent_rule::readout_left_rows;
    case mask::readout_right: return extent_rule::readout_right_rows;
    default: return extent_rule::full;
  }
}

/// Of a node that adds to the gradient of weights. own: each dimension has weights of its own; first: the columns are those of
/// the coordinates of a masked input; in: their number.
struct weight_gradient_shape {
  bool own, first;
  int in;
};
inline weight_gradient_shape shape_of_weight_gradient(const table& t, const jet_node& x) {
  const tensor& w = t.tensors[x.weight];
  const bool first = (w.masked == mask::input_left || w.masked == mask::input_right) && x.n == 0;
  return {w.rank == 3, first, first ? t.d * x.width : x.width};
}

/// Entries of the gradient that node x adds to, for all dimensions, that are not structurally zero.
inline double useful_entries(const table& t, const jet_node& x, const weight_gradient_shape& g) {
  const tensor& w = t.tensors[x.weight];
  const bool input = w.masked == mask::input_left || w.masked == mask::input_right;
  if (w.masked == mask::none || (input && !g.first)) return double(g.in) * w.shape[w.rank - 2] * (g.own || x.per_dim ? t.d : 1);
  return masked_entries(t, w, g.first ? g.in : w.shape[w.rank - 1]);
}

/// The first row (output) of column k of a region that is not masked, in dimension i; `out` where all are.
inline int first_unmasked(const table& t, const gradient_region& r, int i, int k) {
  const tensor& w = t.tensors[r.tensor];
  const int columns = w.shape[w.rank - 1], d = w.dims;
  switch (w.masked) {
    case mask::none:
    case mask::strictly_upper: break;  // the second is of tables of numbers only
    case mask::hidden: return units_up_to(degree(k, columns, d) - 1, r.out, d);
    case mask::input_left: return r.column == 0 ? units_up_to(k / w.coordinate_width, r.out, d) : 0;
    case mask::input_right: return r.column == 0 ? units_up_to(d - 1 - k / w.coordinate_width, r.out, d) : 0;
    case mask::readout_left: return degree(k, columns, d) > i ? r.out : 0;
    case mask::readout_right: return degree(k, columns, d) > d - 1 - i ? r.out : 0;
  }
  return 0;
}

/// Calls f(entry of the accumulators, entry of the parameter vector) for every entry of columns [begin, end) of dimension i of a
/// region that is not masked. Of an entry that is added up lane by lane, the first lane.
template <class F>
void each_entry_of_columns(const table& t, const gradient_region& r, int i, int begin, int end, F&& f) {
  const tensor& w = t.tensors[r.tensor];
  const int columns = w.shape[w.rank - 1];
  for (int k = begin; k < end; k++) {
    const std::ptrdiff_t from = r.offset + i * r.per_dim() + k * r.padded;
    const std::ptrdiff_t column = w.offset + std::ptrdiff_t(i) * r.out * columns + r.column + k;
    for (int o = first_unmasked(t, r, i, k); o < r.out; o++) f(from + o * r.lanes, column + std::ptrdiff_t(o) * columns);
  }
}

/// The same for a region of numbers that are not of a matrix.
template <class F>
void each_entry_of_rows(const table& t, const gradient_region& r, F&& f) {
  const tensor& w = t.tensors[r.tensor];
  for (int i = 0; i < r.dims; i++)
    for (int o = 0; o < r.out; o++)
      if (w.masked == mask::none || allowed(w, 0, i, o))
        f(r.offset + i * r.padded + o * r.lanes, std::ptrdiff_t(w.offset) + i * r.out + o);
}

/// The same for all regions.
template <class F>
void each_gradient_entry(const table& t, const std::vector<gradient_region>& regions, F&& f) {
  for (const gradient_region& r : regions) {
    if (!r.in) each_entry_of_rows(t, r, f);
    else
      for (int i = 0; i < r.dims; i++) each_entry_of_columns(t, r, i, 0, r.in, f);
  }
}

/// Adds the accumulators of a plan to the gradient; masked and untouched entries keep their value. What lies transposed is turned
/// round in squares of registers: entry by entry it would be a tenth of the time of a gradient.
template <class T>
void add_gradient(const table& t, const std::vector<gradient_region>& regions, const T* accumulators, double* gradient) {
  constexpr int n = simd::lanes<T>;
  alignas(64) T square[n * n];
  for (const gradient_region& r : regions) {
    const auto add = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      gradient[to] += double(r.lanes == 1 ? accumulators[from] : simd::reduce_add(simd::load(accumulators + from)));
    };
    if (!r.in) {
      each_entry_of_rows(t, r, add);
      continue;
    }
    const tensor& w = t.tensors[r.tensor];
    const int columns = w.shape[w.rank - 1], whole = r.lanes == 1 ? r.in / n * n : 0;
    for (int i = 0; i < r.dims; i++) {
      for (int k = 0; k < whole; k += n) {
        // rows from which on a column, and from which on all of them, are not masked: those of the columns between lie between
        const int ends[] = {first_unmasked(t, r, i, k), first_unmasked(t, r, i, k + n - 1)};
        const int some = std::min(ends[0], ends[1]), all = std::max(ends[0], ends[1]);
        const T* from = accumulators + r.offset + i * r.per_dim() + k * r.padded;
        double* to = gradient + w.offset + std::ptrdiff_t(i) * r.out * columns + r.column + k;
        const int border = std::min(r.out, (all + n - 1) / n * n);
        if (some < border)
          for (int j = k; j < k + n; j++)
            for (int o = first_unmasked(t, r, i, j); o < border; o++)
              to[std::ptrdiff_t(o) * columns + j - k] += double(from[(j - k) * r.padded + o]);
        for (int o = border; o < r.out; o += n) {
          const int rows = std::min(n, r.out - o);
          simd::transpose(from + o, r.padded, n, rows, square, n);
          for (int q = 0; q < rows; q++) {
            double* row = to + std::ptrdiff_t(o + q) * columns;
#pragma GCC unroll 16
            for (int j = 0; j < n; j++) row[j] += double(square[q * n + j]);
          }
        }
      }
      each_entry_of_columns(t, r, i, whole, r.in, add);
    }
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
