// codegen/tool/peer_digits.hpp: whether two programs computed the same numbers.
#pragma once
#include <filesystem>
#include <string>

namespace dimwise::tool {

struct digits {
  double worst = 0;   ///< largest error of an array, relative to the root mean square of its values
  bool same = true;   ///< within rounding
  std::string words;  ///< "digits 3.1e-07", or what is wrong
};

/// Compares FOLDER/NAME with FOLDER/dimwise, where every result is a .npy file. A number may differ by 2e-4 (double precision:
/// 1e-9) of the root mean square of its array. A step of Adam divides by the size of the gradient, however small: of parameters/
/// the change from FOLDER/in/parameters.safetensors may differ by a hundredth of itself in the mean.
digits compare_digits(const std::filesystem::path& folder, const std::string& name, bool in_double);

/// Whether FOLDER/NAME and FOLDER/dimwise hold the same bits.
bool identical_results(const std::filesystem::path& folder, const std::string& name);

}  // namespace dimwise::tool
