// src/oracle/draw.cpp: random parameters and samples for checks, from named seeds.
#include <algorithm>
#include <limits>
#include <string>

#include "../../include/dimwise/core/random.hpp"
#include "../../include/dimwise/oracle/sample.hpp"

namespace dimwise {

sample_inputs draw_sample(const table& t, std::uint64_t seed, std::uint64_t number) {
  sample_inputs s;
  s.state.resize(std::size_t(t.d));
  stream(seed, "check.state").normals(number, 0, s.state.size(), s.state.data());
  double first = std::numeric_limits<double>::infinity(), last = -first;
  for (int i = 0; i < t.set_count; i++) {
    first = std::min(first, t.sets[i].t0);
    last = std::max(last, t.sets[i].t1);
  }
  if (first > last) first = 0, last = 1;
  s.time = first + (last - first) * stream(seed, "check.time").uniform(number, 0);
  for (int i = 0; i < t.input_count; i++) {
    const input_slot& slot = t.inputs[i];
    auto& values = s.inputs.emplace_back(std::size_t(slot.width * (slot.l == level::dim ? t.d : 1)));
    const auto numbers = stream(seed, "check.input." + std::string(slot.name.view()));
    if (slot.name.view() == "step")
      for (std::size_t j = 0; j < values.size(); j++) values[j] = 0.5 + numbers.uniform(number, j);
    else numbers.normals(number, 0, values.size(), values.data());
  }
  for (int i = 0; i < t.constant_count; i++) s.constants.push_back(t.constants[i].value);
  return s;
}

std::vector<double> draw_parameters(const table& t, std::uint64_t seed) {
  std::vector<double> p(std::size_t(t.parameters), 0.0);
  for (int w = 0; w < t.tensor_count; w++) {
    const tensor& x = t.tensors[w];
    const auto numbers = stream(seed, "check.parameter." + std::string(x.name.view()));
    std::uint64_t index = 0;
    const int slices = x.rank == 3 ? x.shape[0] : 1, rows = x.rank == 3 ? x.shape[1] : x.shape[0];
    const int columns = x.rank == 3 ? x.shape[2] : x.shape[1];
    for (int i = 0; i < slices; i++)
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++, index++) {
          if (!allowed(x, i, r, c)) continue;
          const double z = numbers.normal(0, index);
          p[std::size_t(x.offset) + index] = x.init == initial::normal && x.scale != 0 ? x.scale * z : x.scale + 0.1 * z;
        }
  }
  return p;
}

void round_to_float(std::vector<double>& numbers) {
  for (double& x : numbers) x = double(float(x));
}

void round_to_float(sample_inputs& s) {
  round_to_float(s.state);
  s.time = double(float(s.time));
  for (auto& values : s.inputs) round_to_float(values);
  round_to_float(s.constants);
}

}  // namespace dimwise
