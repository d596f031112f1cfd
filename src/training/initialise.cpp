// training/initialise.cpp: draws each tensor from its own stream.
#include <dimwise/training/initialise.hpp>

#include <string>

#include <dimwise/core/random.hpp>

namespace dimwise {

std::vector<double> initial_parameters(const table& recording, std::uint64_t seed) {
  std::vector<double> values(std::size_t(recording.parameters), 0.0);
  for (int n = 0; n < recording.tensor_count; n++) {
    const tensor& t = recording.tensors[n];
    double* entry = values.data() + t.offset;
    if (t.init == initial::constant) {
      for (int e = 0; e < t.size(); e++) entry[e] = t.scale;
    } else {
      const auto source = stream(seed, "initial " + std::string(t.name.view()));
      source.normals(0, 0, std::size_t(t.size()), entry);
      for (int e = 0; e < t.size(); e++) entry[e] *= t.scale;
    }
    if (t.masked == mask::none) continue;
    const int blocks = t.rank == 3 ? t.shape[0] : 1, rows = t.rank == 3 ? t.shape[1] : t.shape[0];
    const int columns = t.shape[t.rank - 1];
    for (int i = 0; i < blocks; i++)
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
          if (!allowed(t, i, r, c)) entry[(i * rows + r) * columns + c] = 0;
  }
  return values;
}

}  // namespace dimwise
