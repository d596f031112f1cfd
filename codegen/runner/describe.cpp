// codegen/runner/describe.cpp: see describe.hpp.
#include "codegen/runner/describe.hpp"

#include <vector>

namespace dimwise {

std::string level_text(const kind& k) {
  std::string text = k.l == level::point ? "one per sample"
                     : k.l == level::dim ? "one per sample and dimension"
                                         : "hidden units of a conditioner";
  if (k.width > 1) text += ", " + std::to_string(k.width) + " features";
  return text;
}

std::string dependence_text(const kind& k) {
  switch (k.d) {
    case depends::nothing: return "nothing";
    case depends::before: return "coordinates before it";
    case depends::own: return "its own coordinate";
    case depends::autoregressive: return "its own coordinate and those before it";
    case depends::after: return "coordinates after it";
    case depends::hollow: return "every other coordinate (hollow)";
    case depends::own_and_after: return "its own coordinate and those after it";
    case depends::everything: return "all coordinates";
    case depends::scaled_own: return "its own coordinate times factors of all";
    case depends::single_coordinate: return "the only coordinate";
  }
  return "?";
}

std::string shape_text(const tensor& t) {
  std::string text;
  for (int i = 0; i < t.rank; i++) text += "[" + std::to_string(t.shape[i]) + "]";
  return text;
}

double plain_matrix_flop(const table& t, const int* roots, int count) {
  std::vector<bool> live(std::size_t(t.node_count));
  for (int i = 0; i < count; i++)
    if (roots[i] >= 0) live[std::size_t(roots[i])] = true;
  auto entries = [&](int index) {
    if (index < 0) return 0.0;
    const tensor& w = t.tensors[index];
    double n = 0;
    const int outer = w.rank == 3 ? w.shape[0] : 1, rows = w.shape[w.rank - 2], columns = w.shape[w.rank - 1];
    if (w.masked == mask::none) return double(outer) * rows * columns;
    for (int i = 0; i < outer; i++)
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) n += allowed(w, i, r, c);
    return n;
  };
  double flop = 0;
  for (int i = t.node_count - 1; i >= 0; i--) {
    if (!live[std::size_t(i)]) continue;
    const node& x = t.nodes[i];
    for (int c : {x.a, x.b})
      if (c >= 0) live[std::size_t(c)] = true;
    // A weight that all dimensions share is applied to each.
    if (x.o == op::linear) flop += 2 * entries(x.weight) * (x.k.l == level::dim && t.tensors[x.weight].rank == 2 ? t.d : 1);
    if (x.o == op::masked_input || x.o == op::masked_hidden) flop += 2 * entries(x.weight);
    if (x.o == op::readout) flop += 2 * (entries(x.weight) + entries(x.weight2));
  }
  return flop;
}

}  // namespace dimwise
