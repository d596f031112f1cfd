// training/data_sets.hpp: the data bound to a model's sample sets, split into training and validation, and the transform fitted
// on it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../ir/table.hpp"
#include "data_rows.hpp"
#include "transform.hpp"

namespace dimwise {

/// Which rows are held out of training.
struct validation_split {
  enum class by : std::uint8_t { none, fraction, clock, rows };
  by how = by::fraction;
  double fraction = 0.1;       ///< by fraction: drawn from the stream (seed, "validation"); the same rows for equal lengths
  double from = 0, until = 0;  ///< by clock: from <= clock < until
  std::size_t first_row = 0, last_row = 0;  ///< by rows: first_row <= row < last_row
  std::uint64_t seed = 0;
};

/// One set after binding: everything in the model's coordinates.
struct bound_set {
  bool bound = false;
  data_rows data;  ///< as bound, in the data's units
  validation_split split;
  std::vector<std::uint8_t> held_out;  ///< [rows]
  // Filled by data_sets::prepare. A sample of a transition set is a pair of consecutive rows of one path.
  std::vector<double> state;                        ///< [rows][d] in the model's coordinates
  std::vector<std::uint32_t> training, validation;  ///< rows (transitions: the first of the two rows)
  std::size_t left_out = 0;  ///< consecutive rows that make no pair: another increment, or not forward in time
};

/// All sets of a model. File and transition sets are bound to rows; the others need nothing.
///
///   data_sets sets(model.recording);
///   sets.bind("days", read_rows(model.recording, source), split);
///   sets.prepare();
class data_sets {
 public:
  explicit data_sets(const table& recording);

  /// Binds a file or transition set. Throws `error` naming the set: unknown, or needs no data; or rows that do not fit.
  void bind(std::string_view set, data_rows rows, const validation_split& split = {});
  /// Binds rows for training and others for validation.
  void bind(std::string_view set, data_rows training, const data_rows& validation);
  /// Binds all file and transition sets that are not bound yet to the same rows.
  void bind_rest(const data_rows& rows, const validation_split& split = {});
  /// Keeps a transform (of a parameter file or checkpoint) instead of fitting one.
  void keep_transform(const fitted_transform& transform);

  /// Fits the transform on the training rows of the first set that is bound and applies it to all. A pair of rows is for training
  /// where neither row is held out, for validation where its second row is. Pairs are consecutive rows of one path with a
  /// positive clock increment; unless the model has an input "step", only those whose increment is the smallest one (to 1e-6).
  /// Throws `error` where a set has no training samples.
  void prepare();

  const table& recording() const { return recording_; }
  const fitted_transform& transform() const { return transform_; }
  const bound_set& at(int set) const { return sets_[std::size_t(set)]; }
  /// The names of sets that still need rows.
  std::vector<std::string> unbound() const;
  /// A hash of all bound numbers and splits: a resumed run must find the same data.
  std::uint64_t fingerprint() const;

 private:
  table recording_;
  std::vector<bound_set> sets_;
  fitted_transform transform_;
  bool kept_ = false;
};

/// Index of a set by name. Throws `error` listing the sets that there are.
int set_index(const table& recording, std::string_view name);

}  // namespace dimwise
