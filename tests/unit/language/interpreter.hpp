// tests/unit/language/interpreter.hpp: evaluates a recorded table for one sample, with Taylor coefficients along each own
// coordinate, in the plainest way: what tests compare the claims of the language with.
#pragma once
#include <dimwise/ir/table.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace dimwise::testing {

constexpr int max_k = 3;
/// Coefficient k: k-th derivative / k!. NaN: not available, so that any use shows.
using jet = std::array<double, max_k + 1>;

inline jet constant_jet(double v) {
  jet r{};
  r[0] = v;
  return r;
}
template <class F>
jet each(F f) {
  jet r{};
  for (int k = 0; k <= max_k; k++) r[k] = f(k);
  return r;
}
inline jet operator+(const jet& a, const jet& b) {
  return each([&](int k) { return a[k] + b[k]; });
}
inline jet operator-(const jet& a, const jet& b) {
  return each([&](int k) { return a[k] - b[k]; });
}
inline jet operator*(const jet& a, const jet& b) {
  return each([&](int k) {
    double s = 0;
    for (int j = 0; j <= k; j++) s += a[j] * b[k - j];
    return s;
  });
}
inline jet operator/(const jet& a, const jet& b) {
  jet q{};
  for (int k = 0; k <= max_k; k++) {
    double s = a[k];
    for (int j = 1; j <= k; j++) s -= b[j] * q[k - j];
    q[k] = s / b[0];
  }
  return q;
}
/// f(a) from the derivatives of f at a[0]: Faa di Bruno up to order 3.
inline jet composed(const jet& a, double f0, double f1, double f2, double f3) {
  return {f0, f1 * a[1], f1 * a[2] + f2 / 2 * a[1] * a[1], f1 * a[3] + f2 * a[1] * a[2] + f3 / 6 * a[1] * a[1] * a[1]};
}
inline jet exp(const jet& a) {
  const double e = std::exp(a[0]);
  return composed(a, e, e, e, e);
}
inline jet log(const jet& a) {
  const double u = 1 / a[0];
  return composed(a, std::log(a[0]), u, -u * u, 2 * u * u * u);
}

struct interpreter {
  table t;
  std::vector<double> parameters;
  std::vector<double> x;
  double time = 0.2;
  double origin = std::numeric_limits<double>::quiet_NaN();  ///< inside a difference in time: the time at which values are frozen
  double step = 2e-3;                                        ///< of differences in time
  std::vector<double> constants;
  std::vector<std::vector<double>> inputs;  ///< of input i: [width] or [d][width]

  explicit interpreter(const table& recording)
      : t(recording), parameters(std::size_t(recording.parameters)), x(std::size_t(recording.d)) {
    unsigned s = 12345;
    auto next = [&] { return ((s = s * 1664525u + 1013904223u) >> 8) / 16777216.0 - 0.5; };
    for (double& p : parameters) p = 1.2 * next();
    for (double& v : x) v = next();
    for (int i = 0; i < t.constant_count; i++) constants.push_back(t.constants[i].value);
    for (int i = 0; i < t.input_count; i++) {
      inputs.emplace_back(std::size_t(t.inputs[i].width * (t.inputs[i].l == level::dim ? t.d : 1)));
      for (double& v : inputs.back()) v = next();
    }
  }

  /// Values of node `root`: [d][width]; point-level values and units are repeated for each i, with the derivatives along x_i.
  std::vector<jet> operator()(int root) const {
    std::vector<std::vector<jet>> values(std::size_t(root) + 1);
    std::vector<char> live(std::size_t(root) + 1);
    live[std::size_t(root)] = 1;
    for (int i = root; i >= 0; i--)
      for (const int operand : {t.nodes[i].a, t.nodes[i].b})
        if (live[std::size_t(i)] && operand >= 0) live[std::size_t(operand)] = 1;
    for (int i = 0; i <= root; i++)
      if (live[std::size_t(i)]) values[std::size_t(i)] = evaluate(t.nodes[i], values);
    return values[std::size_t(root)];
  }
  double value(int root, int i = 0, int w = 0) const { return (*this)(root)[std::size_t(i * t.nodes[root].k.width + w)][0]; }
  double weight(int tensor_index, int i, int r, int c) const {
    const tensor& w = t.tensors[tensor_index];
    if (!allowed(w, i, r, c)) return 0;
    const int columns = w.shape[w.rank - 1], rows = w.rank > 1 ? w.shape[w.rank - 2] : 1;
    return parameters[std::size_t(w.offset + ((w.rank > 2 ? i : 0) * rows + r) * columns + c)];
  }

 private:
  std::vector<jet> evaluate(const node& q, const std::vector<std::vector<jet>>& values) const {
    const int d = t.d, width = q.k.width;
    const int wa = q.a < 0 ? 0 : t.nodes[q.a].k.width, wb = q.b < 0 ? 0 : t.nodes[q.b].k.width;
    auto at = [&](int operand, int w_operand, int i, int w) -> const jet& {
      return values[std::size_t(operand)][std::size_t(i * w_operand + (w_operand == 1 ? 0 : w))];
    };
    auto a = [&](int i, int w) -> const jet& { return at(q.a, wa, i, w); };
    auto b = [&](int i, int w) -> const jet& { return at(q.b, wb, i, w); };
    auto lost = [&](jet r) {  // derivatives that only a pass per dimension would give
      if (!q.k.dimwise)
        for (int k = 1; k <= max_k; k++) r[std::size_t(k)] = std::numeric_limits<double>::quiet_NaN();
      return r;
    };
    auto bias = [&](int i, int w) {
      return q.bias < 0 ? 0.0 : t.tensors[q.bias].rank == 2 ? weight(q.bias, 0, i, w) : weight(q.bias, 0, 0, w);
    };
    // time derivatives: central differences of the whole sub-table; nested ones lose digits
    std::vector<std::vector<jet>> earlier, later;
    if (q.o == op::dt)
      for (const int n : {1, 2}) {
        interpreter other = *this;
        if (std::isnan(other.origin)) other.origin = time;
        other.time = time + n * step;
        later.push_back(other(q.a));
        other.time = time - n * step;
        earlier.push_back(other(q.a));
      }
    std::vector<jet> frozen;
    if (q.o == op::exp_relative || (q.o == op::held && q.n & held_along_t)) {
      interpreter other = *this;
      if (!std::isnan(origin)) other.time = origin;
      frozen = other(q.a);
    }
    std::vector<jet> out;
    for (int i = 0; i < d; i++)
      for (int w = 0; w < width; w++) {
        jet r{};
        switch (q.o) {
          case op::literal: r[0] = q.value; break;
          case op::constant: r[0] = constants[std::size_t(q.n)]; break;
          case op::time: r[0] = time; break;
          case op::along: r[0] = std::isnan(origin) ? 0 : time - origin; break;
          case op::input: r[0] = inputs[std::size_t(q.n)][std::size_t(w)]; break;
          case op::input_per_dim: r[0] = inputs[std::size_t(q.n)][std::size_t(i * width + w)]; break;
          case op::state: r = {x[std::size_t(i)], 1}; break;
          case op::parameter: r[0] = q.k.l == level::dim ? weight(q.weight, 0, i, w) : weight(q.weight, 0, 0, w); break;
          case op::add: r = a(i, w) + b(i, w); break;
          case op::sub: r = a(i, w) - b(i, w); break;
          case op::mul: r = a(i, w) * b(i, w); break;
          case op::div: r = a(i, w) / b(i, w); break;
          case op::pow: r = exp(b(i, w) * log(a(i, w))); break;
          case op::exp: r = exp(a(i, w)); break;
          case op::exp_relative: r = exp(a(i, w) - constant_jet(frozen[std::size_t(i * wa + w)][0])); break;
          case op::log: r = log(a(i, w)); break;
          case op::tanh: {
            const double y = std::tanh(a(i, w)[0]), s = 1 - y * y;
            r = composed(a(i, w), y, s, -2 * y * s, s * (6 * y * y - 2));
            break;
          }
          case op::softplus: r = log(constant_jet(1) + exp(a(i, w))); break;
          case op::sigmoid: r = constant_jet(1) / (constant_jet(1) + exp(constant_jet(0) - a(i, w))); break;
          case op::sin: {
            const double s = std::sin(a(i, w)[0]), c = std::cos(a(i, w)[0]);
            r = composed(a(i, w), s, c, -s, -c);
            break;
          }
          case op::cos: {
            const double s = std::sin(a(i, w)[0]), c = std::cos(a(i, w)[0]);
            r = composed(a(i, w), c, -s, -c, s);
            break;
          }
          case op::sqrt:
          case op::power: {
            const double u = a(i, w)[0], p = q.o == op::sqrt ? 0.5 : q.value;
            r = composed(a(i, w), std::pow(u, p), p * std::pow(u, p - 1), p * (p - 1) * std::pow(u, p - 2),
                         p * (p - 1) * (p - 2) * std::pow(u, p - 3));
            break;
          }
          case op::sq: r = a(i, w) * a(i, w); break;
          case op::logsumexp: {
            double top = -1e300;
            for (int j = 0; j < wa; j++) top = std::max(top, a(i, j)[0]);
            jet s{};
            for (int j = 0; j < wa; j++) s = s + exp(a(i, j) - constant_jet(top));
            r = log(s) + constant_jet(top);
            break;
          }
          case op::sum_features:
            for (int j = 0; j < wa; j++) r = r + a(i, j);
            break;
          case op::concat: r = w < wa ? a(i, w) : b(i, w - wa); break;
          case op::choose: {
            const double sign = a(i, wa == 1 ? 0 : w)[0];
            r = (q.n == 1 ? sign >= 0 : sign > 0) ? b(i, w) : b(i, width + w);
            break;
          }
          case op::erf:
          case op::erfc: {
            const double u = a(i, w)[0], sign = q.o == op::erf ? 1 : -1,
                         s = sign * 2 / std::sqrt(std::acos(-1.0)) * std::exp(-u * u);
            r = composed(a(i, w), q.o == op::erf ? std::erf(u) : std::erfc(u), s, -2 * u * s, (4 * u * u - 2) * s);
            break;
          }
          case op::normal_cdf: {
            const double u = a(i, w)[0], s = std::exp(-u * u / 2) / std::sqrt(2 * std::acos(-1.0));
            r = composed(a(i, w), std::erfc(-u / std::sqrt(2.0)) / 2, s, -u * s, (u * u - 1) * s);
            break;
          }
          case op::expm1: r = exp(a(i, w)) - constant_jet(1); break;
          case op::log1p: r = log(a(i, w) + constant_jet(1)); break;
          case op::tan: {
            const double y = std::tan(a(i, w)[0]), s = 1 + y * y;
            r = composed(a(i, w), y, s, 2 * y * s, s * (6 * y * y + 2));
            break;
          }
          case op::asin:
          case op::acos: {
            const double u = a(i, w)[0], s = 1 / std::sqrt(1 - u * u), sign = q.o == op::asin ? 1 : -1;
            r = composed(a(i, w), q.o == op::asin ? std::asin(u) : std::acos(u), sign * s, sign * u * s * s * s,
                         sign * (1 + 2 * u * u) * s * s * s * s * s);
            break;
          }
          case op::atan: {
            const double u = a(i, w)[0], s = 1 / (1 + u * u);
            r = composed(a(i, w), std::atan(u), s, -2 * u * s * s, (6 * u * u - 2) * s * s * s);
            break;
          }
          case op::sinh: r = constant_jet(0.5) * (exp(a(i, w)) - exp(constant_jet(0) - a(i, w))); break;
          case op::cosh: r = constant_jet(0.5) * (exp(a(i, w)) + exp(constant_jet(0) - a(i, w))); break;
          case op::cbrt: {
            const double u = a(i, w)[0], y = std::cbrt(u);
            r = composed(a(i, w), y, y / (3 * u), -2 * y / (9 * u * u), 10 * y / (27 * u * u * u));
            break;
          }
          case op::relu: r = a(i, w)[0] > 0 ? a(i, w) : jet{}; break;
          case op::abs: r = a(i, w)[0] >= 0 ? a(i, w) : constant_jet(0) - a(i, w); break;
          case op::slice: r = a(i, q.n + w); break;
          case op::linear:
            r[0] = bias(i, w);
            for (int j = 0; j < wa; j++) r = r + constant_jet(weight(q.weight, i, w, j)) * a(i, j);
            break;
          case op::unstack: r = a(i, i * width + w); break;
          case op::masked_input:
            r[0] = weight(q.bias, 0, 0, w);
            for (int j = 0; j < d; j++)
              for (int f = 0; f < wa; f++) r[0] += weight(q.weight, 0, w, j * wa + f) * a(j, f)[0];
            for (int f = 0; f < wb; f++) r[0] += weight(q.weight, 0, w, d * wa + f) * b(i, f)[0];
            break;
          case op::masked_hidden:
            r[0] = weight(q.bias, 0, 0, w);
            for (int j = 0; j < wa; j++) r[0] += weight(q.weight, 0, w, j) * a(i, j)[0];
            break;
          case op::readout:
            r[0] = bias(i, w);
            for (int j = 0; j < wa; j++) r[0] += weight(q.weight, i, w, j) * a(i, j)[0];
            for (int j = 0; j < wb; j++) r[0] += weight(q.weight2, i, w, j) * b(i, j)[0];
            break;
          case op::sum: {
            r = a(i, w);
            r[0] = 0;
            for (int j = 0; j < d; j++) r[0] += a(j, w)[0];
            break;
          }
          case op::index: r[0] = i; break;
          case op::indicator: r[0] = i == q.n ? 1 : 0; break;
          case op::component:
            r = a(i, w);
            r[0] = a(q.n, w)[0];
            if (i != q.n) r = constant_jet(r[0]);
            break;
          case op::shift:
            if (const int j = q.offset.source(i, d); j >= 0) r[0] = a(j, w)[0];
            break;
          case op::sum_others:
            for (int j = 0; j < d; j++)
              if ((j < i && q.n <= 0) || (j > i && q.n >= 0)) r[0] += a(j, w)[0];
            break;
          case op::D:
            for (int k = 0; k <= max_k; k++) {
              double scale = 1;
              for (int j = 1; j <= q.n; j++) scale *= k + j;
              r[std::size_t(k)] =
                  k + q.n <= max_k ? scale * a(i, w)[std::size_t(k + q.n)] : std::numeric_limits<double>::quiet_NaN();
            }
            break;
          case op::dt: {
            const std::size_t n = std::size_t(i * wa + w);
            r = each([&](int k) {
              const std::size_t c = std::size_t(k);
              if (q.n == 1) return (8 * (later[0][n][c] - earlier[0][n][c]) - (later[1][n][c] - earlier[1][n][c])) / (12 * step);
              return (later[0][n][c] - 2 * a(i, w)[c] + earlier[0][n][c]) / (step * step);
            });
            break;
          }
          case op::frozen: r = a(i, w); break;
          case op::held:
            r = q.n & held_along_t ? frozen[std::size_t(i * wa + (wa == 1 ? 0 : w))] : a(i, w);
            if (q.n & held_along_x) r = constant_jet(r[0]);
            break;
          case op::detach: r[0] = a(i, w)[0]; break;
        }
        out.push_back(lost(r));
      }
    return out;
  }
};

/// Index of the node of output `name`, or -1.
inline int output_node(const table& t, std::string_view name) {
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == name) return t.outputs[i].node;
  return -1;
}

}  // namespace dimwise::testing
