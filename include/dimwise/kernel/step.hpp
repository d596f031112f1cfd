// kernel/step.hpp: one executable step of a plan, and what a call hands to it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "../ir/jet_program.hpp"
#include "compiled_model.hpp"

namespace dimwise {

/// Where a row of samples lies: element base + (i & turn) * dim + w * row of the workspace, i the dimension, w the feature.
struct row_reference {
  std::ptrdiff_t base = -1, dim = 0, row = 0;
  int turn = -1;  ///< all bits; or a power of two less one: rows of so many dimensions and one more, which later ones use again
};

/// Which part of a masked product is not structurally zero.
enum class extent_rule : std::uint8_t {
  full,
  hidden,
  hidden_transposed,
  hidden_gradient,
  input_left,
  input_right,
  input_left_transposed,
  input_right_transposed,
  readout_left,
  readout_right,
  readout_left_rows,
  readout_right_rows
};

/// C[r][n] = or += sum_k A(r, k) B[k][n]. Offsets in elements; A in the parameters (or the workspace, for gradients), B in the
/// workspace, C in the workspace (or the gradient accumulators). The first of `terms` products holds C, its start and columns;
/// the others are added to it.
struct matrix_product {
  std::ptrdiff_t a = 0, a_dim = 0, a_row = 0, a_col = 0;
  std::ptrdiff_t b = 0, b_dim = 0, b_row = 0;
  std::ptrdiff_t c = 0, c_dim = 0, c_row = 0;
  std::ptrdiff_t bias = -1, bias_dim = 0;
  int rows = 0, depth = 0, columns = 0;
  int terms = 1;  ///< 0: C is only its start
  bool accumulate = false;
  extent_rule rule = extent_rule::full;
  int units_in = 0, units_out = 0, coordinate_width = 1;
  int b_turn = -1;              ///< as in row_reference
  int tile = 0, bias_rows = 0;  ///< for a few samples: which tile computes it, and how many of its rows start from the bias
  int leaf = -1;  ///< for a few samples: B lies in the caller's array of this leaf (arguments::of_leaf), a row for each sample
};

/// The bf16 parts of a product's operands (kernel/split_products.hpp): elements of the prepared weights and of the workspace.
struct split_product {
  std::ptrdiff_t a = 0, a_dim = 0;  ///< of the weights, and of those of the next dimension
  std::ptrdiff_t b = -1;            ///< of the other operand; -1: this term has few columns of weights and is multiplied as it is
  std::ptrdiff_t bias = -1, bias_dim = 0;  ///< of the bias that the sum of this term and the next ones starts from
};

/// Memory that a step asks for while it computes: `size` elements of a buffer, of the dimension that comes `distance` later.
struct ahead_of_step {
  row_reference rows;
  std::ptrdiff_t size = 0;
  int distance = 0;
  bool written = false;  ///< they will be written, not read
};

/// The caller's arrays, of which each product of a plan asks for its share of what the next block reads.
struct inputs_ahead {
  struct array {
    int leaf, width;  ///< arguments::of_leaf; numbers of a sample
  };
  std::vector<array> arrays;
  int shares = 0;  ///< products that are run for a block
};

/// What a sum over other dimensions finds of its operand: all dimensions; these and the sums of groups; or the sums of groups and
/// the dimensions of its current group, collected in the rows where it puts their sums.
enum class group_operand : std::uint8_t { kept, kept_and_summed, repeated };

template <class T>
struct call;

/// What most steps read lies in its first two cache lines.
template <class T>
struct alignas(64) step {
  void (*run)(const step&, const call<T>&) = nullptr;
  const matrix_product* products = nullptr;
  int product_count = 0;
  int width = 1;
  int samples = 0;  ///< S, samples of a block
  int d = 1;
  int n = 0, n2 = 0;
  int in_width = 1;     ///< features of the first operand
  bool strip = false;   ///< a product's result, and a follower's first operand, is one strip of rows, the first being strip_row
  bool scaled = false;  ///< a cotangent's first operand is one row, times parameter `parameter` + w for feature w
  bool by_vectors = false;   ///< can be applied to some vectors of samples of two rows, and does then what its follower does
  bool parts_alone = false;  ///< of such a step: its result is read as bf16 parts only, and not stored
  bool starts = false;       ///< of gradients of weights: the first to add to these, so it need not read what was not yet begun
  group_operand operand = group_operand::kept;  ///< of a sum over other dimensions
  const step* follower = nullptr;               ///< run on the rows of a product while they are in the nearest cache
  const row_reference* in[3] = {};              ///< one for each coefficient of in_set
  row_reference out, slope;                     ///< slope: of the result (forward) or of the operand (reverse)
  double value = 0;
  orders out_set = 0, in_set[3] = {};
  std::ptrdiff_t parameter = 0, parameter_dim = 0;
  /// Of a product that one step can do with what follows it: that step, or where `run` is that, the one of products alone.
  void (*other_run)(const step&, const call<T>&) = nullptr;
  const split_product* split = nullptr;  ///< of each product, where they are computed from parts; then `run` is null
  ahead_of_step ahead;
  const inputs_ahead* inputs = nullptr;    ///< of a product
  int share = 0, shares_of_dimension = 0;  ///< which share of them it asks for, and how many later the next dimension does
  grid_offset offset{};
  int node = -1;
};

/// Rows of a product's result before what follows it runs, if it has so many: most_strip_rows where these stay in the nearest
/// cache, else least_strip_rows. A software pipeline should be long beside its beginning and end: 16 rows take up to 1.5 % more
/// of W1 and 2.4 % of W2 than 32, and 32 take 1 % more of W3b than 64.
inline constexpr int least_strip_rows = 32, most_strip_rows = 64;
inline constexpr std::ptrdiff_t nearest_cache = 49152;  ///< bytes, of the processors with AVX-512 that were measured
/// row: bytes of a row.
constexpr int strip_rows(std::ptrdiff_t row) {
  return most_strip_rows * row <= nearest_cache ? most_strip_rows : least_strip_rows;
}

/// Whether the step of an elementary function is `by_vectors`, in builds that make bf16 parts.
constexpr bool goes_by_vectors(function f, bool keeps_slope) { return !keeps_slope && f != function::exp_given; }

/// Vectors of samples of two rows that such a step computes in a turn, at most four numbers of a feature together, as long as a
/// block has whole turns.
constexpr int vectors_of_turn(int coefficients) { return std::clamp(4 / std::max(coefficients, 1), 1, 3); }

/// The most dimensions whose sums over other dimensions are made together.
inline constexpr int most_of_group = 64;

/// Vectors of samples of two rows of a strip, for a step that is `by_vectors`. What differs from turn to turn are three numbers.
template <class T>
struct two_rows {
  static constexpr int most_coefficients = 8;
  const T* operand[most_coefficients] = {};            ///< first row of the strip, for each coefficient of in_set[0]
  std::ptrdiff_t operand_row[most_coefficients] = {};  ///< from there to the next row
  T* result = nullptr;                                 ///< null: it is not stored
  std::ptrdiff_t result_row = 0;
  std::uint16_t* parts = nullptr;  ///< bf16 parts of the first two rows (simd/split_tile.hpp), the line of their first sample
  std::ptrdiff_t next_part = 0;
  int split_begin = 0, split_end = 0;                      ///< coefficients of the result of which parts are made
  int row = 0, begin = 0, samples = 0;                     ///< the first of the two; the first sample and their number
  void (*run)(const step<T>&, const two_rows&) = nullptr;  ///< what handles them; such a step sets it, and does nothing else
};

/// One block of samples in flight.
template <class T>
struct call {
  T* workspace = nullptr;
  const T* parameters = nullptr;
  const T* split_weights = nullptr;  ///< their bf16 parts
  T* accumulators = nullptr;         ///< gradients of this thread, in the layout of the plan
  const arguments<T>* in = nullptr;
  const T* const* cotangents = nullptr;
  T* const* outputs = nullptr;
  const input_cotangents<T>* input_gradients = nullptr;
  std::size_t first = 0;        ///< first sample
  int valid = 0;                ///< samples of the block that exist; the others repeat the last one
  std::size_t next = 0;         ///< first sample of the next block that uses this workspace
  int next_valid = 0;           ///< samples of it
  int i = 0;                    ///< dimension
  bool begins = false;          ///< the accumulators hold nothing yet that matters where a step starts them
  int first_row = 0, rows = 0;  ///< features that a step applied to rows handles; 0 rows: all
  int strip_row = 0;            ///< the first feature of the current strip
  two_rows<T>* pair = nullptr;  ///< a step that is `by_vectors` says what handles two rows, instead of handling any
  /// Where the step of an elementary function puts what does it and the product before it, if anything does, and does nothing
  /// else.
  void (**layer)(const step<T>&, const call<T>&) = nullptr;
  /// One past the last of `width` features.
  int end_row(int width) const { return rows ? first_row + rows : width; }
  T* at(const row_reference& r, int w = 0) const { return workspace + r.base + (i & r.turn) * r.dim + w * r.row; }
};

/// Steps [begin, end), once or for each dimension.
struct phase {
  std::size_t begin = 0, end = 0;
  bool each_dimension = false;
  int dims = 0;       ///< not 0: it and the next phase take turns, each for so many dimensions
  bool once = false;  ///< what it makes does not depend on samples: for the first block of a call only
};

template <class T>
using step_function = void (*)(const step<T>&, const call<T>&);

}  // namespace dimwise
