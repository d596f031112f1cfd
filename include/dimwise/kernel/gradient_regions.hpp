// kernel/gradient_regions.hpp: where a plan accumulates gradients of parameters, and which entries of them are not masked.
#pragma once
#include <vector>

#include "../lowering/weight_counts.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// What a plan does with gradients of parameters: adds them up over the block, keeps S numbers for each entry of a region, or leaves them out.
enum class parameter_gradients : std::uint8_t { added, of_each_sample, left_out };

/// Where the gradient of a tensor is accumulated: [dims][in][padded] (transposed, padded to whole vectors), or [dims][padded] for in = 0. Entries
/// of few outputs are sums over samples of one lane each, `lanes` of them side by side.
struct gradient_region {
  int tensor = -1;
  int column = 0;  ///< first input column
  int dims = 1, in = 0, out = 0, lanes = 1;
  std::ptrdiff_t padded = 0, offset = 0;
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

/// Which rows of a gradient are not structurally zero.
inline extent_rule row_rule(const tensor& w) {
  switch (w.masked) {
    case mask::hidden: return extent_rule::hidden_gradient;
    case mask::readout_left: return extent_rule::readout_left_rows;
    case mask::readout_right: return extent_rule::readout_right_rows;
    default: return extent_rule::full;
  }
}

/// Entries of `in` columns of the gradient that node x adds to, for all dimensions, that are not structurally zero; `first`: columns of the
/// coordinates of a masked input.
inline double useful_entries(const table& t, const jet_node& x, const tensor& w, int in, bool first) {
  const bool input = w.masked == mask::input_left || w.masked == mask::input_right;
  if (w.masked == mask::none || (input && !first)) return double(in) * w.shape[w.rank - 2] * (w.rank == 3 || x.per_dim ? t.d : 1);
  return masked_entries(t, w, first ? in : w.shape[w.rank - 1]);
}

/// Calls f(entry of the accumulators, entry of the parameter vector) for every entry of the regions that is not masked, several times for one
/// that is kept in several parts.
template <class F>
void each_gradient_entry(const table& t, const std::vector<gradient_region>& regions, F&& f) {
  for (const gradient_region& r : regions) {
    const tensor& w = t.tensors[r.tensor];
    if (!r.in) {
      for (int i = 0; i < r.dims; i++)
        for (int o = 0; o < r.out; o++)
          if (w.masked == mask::none || allowed(w, 0, i, o))
            for (int l = 0; l < r.lanes; l++) f(r.offset + i * r.padded + o * r.lanes + l, std::ptrdiff_t(w.offset) + i * r.out + o);
      continue;
    }
    const int columns = w.shape[w.rank - 1], d = w.dims;
    for (int i = 0; i < r.dims; i++)
      for (int k = 0; k < r.in; k++) {
        const std::ptrdiff_t from = r.offset + i * r.per_dim() + k * r.padded;
        const std::ptrdiff_t column = w.offset + std::ptrdiff_t(i) * r.out * columns + r.column + k;
        int first = 0;  // rows before this are masked
        switch (w.masked) {
          case mask::none: case mask::strictly_upper: break;  // the second is of tables of numbers only
          case mask::hidden: first = units_up_to(degree(k, columns, d) - 1, r.out, d); break;
          case mask::input_left: if (r.column == 0) first = units_up_to(k / w.coordinate_width, r.out, d); break;
          case mask::input_right: if (r.column == 0) first = units_up_to(d - 1 - k / w.coordinate_width, r.out, d); break;
          case mask::readout_left: if (degree(k, columns, d) > i) first = r.out; break;
          case mask::readout_right: if (degree(k, columns, d) > d - 1 - i) first = r.out; break;
        }
        if (r.lanes == 1)
          for (int o = first; o < r.out; o++) f(from + o, column + std::ptrdiff_t(o) * columns);
        else
          for (int o = first; o < r.out; o++)
            for (int l = 0; l < r.lanes; l++) f(from + o * r.lanes + l, column + std::ptrdiff_t(o) * columns);
      }
  }
}

/// Adds the accumulators of a plan to the gradient; masked and untouched entries keep their value.
template <class T>
void add_gradient(const table& t, const std::vector<gradient_region>& regions, const T* accumulators, double* gradient) {
  each_gradient_entry(t, regions, [&](std::ptrdiff_t from, std::ptrdiff_t to) { gradient[to] += double(accumulators[from]); });
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
