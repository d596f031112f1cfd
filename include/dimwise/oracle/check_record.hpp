// oracle/check_record.hpp: one line of `check`: a quantity, its worst error, where, and the bound it is held to.
#pragma once
#include <string>
#include <vector>

namespace dimwise {

/// The first seven members are one object of `check --json`, in this order.
struct check_record {
  std::string name;       ///< network, equation, objective, sde, mixture or output
  std::string quantity;   ///< "hollow", "value", "D", "lhs", "rhs", "residual", "relative", "gradient of TENSOR", ...
  int order = 0;          ///< of D, else 0
  std::string precision;  ///< "double" or "float": the kernel's; "oracle": a statement on the recording, in high precision
  double max_relative_error = 0;
  double bound = 0;
  bool ok = false;
  std::string where;  ///< of the worst error: "sample 2, dimension 1", "entry [3,4], sample 0"
};

/// Errors are relative to the exact value, but to no less than a fixed part of the terms it is made of: of the largest term (see
/// basic_oracle::largest_terms) for values, of the largest derivative by the same tensor and by any parameter for gradients.
/// Double precision: 1e-3 (values), 1e-4 and 1e-6 (gradients). Float: 1 (values), 1 and 1e-2 (gradients), so that its bound is
/// "of the largest term". Values below the smallest normal number over epsilon are compared to that.
struct check_bounds {
  double value = 1e-11, gradient = 1e-8;  ///< double precision
  double single = 5e-5;                   ///< float, values and gradients
  double least = 0;  ///< smaller numbers are compared to this: for recordings whose zeros come from cancellation
};

bool all_ok(const std::vector<check_record>& records);
/// One line: verdict, name, quantity, precision, worst relative error, bound, where.
std::string to_text(const check_record& record);
/// Lines for all records; gradients by the tensors of one objective are one line, that of the worst, unless one is not ok. Where
/// that is more than 40 lines, all ok quantities of one name are one line, that of the one nearest to its bound. The last line
/// counts.
std::string to_text(const std::vector<check_record>& records);

}  // namespace dimwise
