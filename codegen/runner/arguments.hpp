// codegen/runner/arguments.hpp: turns what the command line names into what kernels read.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dimwise/core/aligned.hpp"
#include "dimwise/io/parameter_file.hpp"
#include "dimwise/kernel/compiled_model.hpp"
#include "dimwise/training/transform.hpp"

namespace dimwise {

/// "NAME=VALUE" in two parts. Throws `error` naming the flag.
std::pair<std::string, std::string> name_and_value(const std::string& text, const std::string& flag);

/// A finite number, or nothing.
std::optional<double> as_number(const std::string& text);
/// Throws `error` naming the flag where the text is not a finite number.
double number_of(const std::string& text, const std::string& flag);

/// "float" or "double" (also f32, f64). Throws `error` otherwise.
bool is_float(const std::string& precision);

/// Which of the two "float", "double" or "both" names.
struct chosen_precisions {
  bool in_float, in_double;
};
/// Throws `error` where the text is none of the three.
chosen_precisions precisions_of(const std::string& text);

/// All constants of the recording: their defaults, replaced by "NAME=NUMBER". Throws `error` listing those that there are.
std::map<std::string, double> constants_of(const table& recording, const std::vector<std::string>& given);
/// The same in the order of the recording.
std::vector<double> constant_values(const table& recording, const std::vector<std::string>& given);

/// Parameters of a file, or initial ones of a seed where no file is named.
parameter_set parameters_of(const table& recording, const std::string& file, std::uint64_t seed);

/// Arrays for kernels, in the model's coordinates.
template <class T>
struct model_arrays {
  std::size_t samples = 0;
  aligned_vector<T> state, time, constants;
  std::vector<aligned_vector<T>> inputs;
  std::vector<const T*> input_pointers;
  /// Valid as long as this lives and is not moved.
  arguments<T> view() const;
};

/// What `eval` and `simulate` are given.
struct array_files {
  std::string state, time;             ///< .npy; the time may also be a number
  std::vector<std::string> inputs;     ///< NAME=FILE.npy or NAME=NUMBER
  std::vector<std::string> constants;  ///< NAME=NUMBER
  bool data_units = true;              ///< the state is in the units of the training data
  std::string state_flag = "--state";  ///< for messages
};

/// Reads and checks what the values `nodes` need; what they do not need may be left out. Throws `error` naming the file or the
/// flag: missing, unknown, of another shape, not finite.
template <class T>
model_arrays<T> read_arrays(const table& recording, const std::vector<int>& nodes, const array_files& files,
                            const fitted_transform& transform);

/// Whether one of the values reads an operation of this kind (and, for inputs, this number).
bool any_reads(const table& recording, const std::vector<int>& nodes, op what, int number = -1);
/// Whether one of the values reads some input.
bool any_reads_inputs(const table& recording, const std::vector<int>& nodes);

}  // namespace dimwise
