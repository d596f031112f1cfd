// benchmarks/peers/w2_adolc.cpp: workload W2 with ADOL-C: one tape of the network, Taylor coefficients forward, and their
// adjoints in reverse for the gradient by all parameters.
#include <adolc/adolc.h>

#include "w2_peer.hpp"

int main(int argc, char** argv) {
  const w2::job j(argc, argv);
  const int features = 8, order = j.gradient ? 2 : j.k;
  // The tape of one row; parameters are independent variables where the gradient is wanted.
  trace_on(1);
  int independents = 1 + features;
  std::vector<adouble> units(std::size_t(1 + features)), next;
  units[0] <<= 0.1;
  for (int i = 1; i <= features; i++) units[std::size_t(i)] <<= 0.1;
  const auto leaf = [&](double w) {
    adouble a;
    if (j.gradient) {
      a <<= w;
      independents++;
    } else {
      a = w;
    }
    return a;
  };
  for (std::size_t n = 0; n < j.layers.size(); n++) {
    const w2::layer& l = j.layers[n];
    std::vector<adouble> weight, bias;
    for (double w : l.weight) weight.push_back(j.gradient ? leaf(w) : adouble());
    for (double b : l.bias) bias.push_back(j.gradient ? leaf(b) : adouble());
    next.clear();
    for (std::size_t i = 0; i < l.outputs; i++) {
      adouble z;
      if (j.gradient) {
        z = bias[i];
        for (std::size_t m = 0; m < l.inputs; m++) z += weight[i * l.inputs + m] * units[m];
      } else {
        z = l.bias[i];
        for (std::size_t m = 0; m < l.inputs; m++) z += l.weight[i * l.inputs + m] * units[m];
      }
      next.push_back(n + 1 < j.layers.size() ? tanh(z) : z);
    }
    units.swap(next);
  }
  double unused = 0;
  units[0] >>= unused;
  trace_off();

  const int n = independents, d = order;
  std::vector<double> base(std::size_t(n), 0.0), value(1);
  std::size_t at = std::size_t(1 + features);
  if (j.gradient)
    for (const w2::layer& l : j.layers) {
      for (double w : l.weight) base[at++] = w;
      for (double b : l.bias) base[at++] = b;
    }
  std::vector<std::vector<double>> orders(j.gradient ? 0 : std::size_t(j.k) + 1, std::vector<double>(j.rows));
  std::vector<double> gradient(j.gradient ? std::size_t(n - 1 - features) : 0);
  double*** z = j.gradient ? myalloc3(1, n, d + 1) : nullptr;
  double** one = myalloc2(1, 1);
  one[0][0] = 1;
  static const double factorial[] = {1, 1, 2, 6, 24};

  // x[i] holds the coefficients 1.. of the path, base[i] its start.
  double** path = myalloc2(n, d);
  double** coefficients = myalloc2(1, d);
  for (int i = 0; i < n; i++)
    for (int c = 0; c < d; c++) path[i][c] = i == 0 && c == 0 ? 1 : 0;
  const auto call = [&] {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (std::size_t r = 0; r < j.rows; r++) {
      base[0] = j.state[r];
      for (int i = 0; i < features; i++) base[std::size_t(i) + 1] = j.features[r * std::size_t(features) + std::size_t(i)];
      hos_forward(1, 1, n, d, j.gradient ? d + 1 : 0, base.data(), path, value.data(), coefficients);
      if (!j.gradient) {
        orders[0][r] = value[0];
        for (int c = 1; c <= d; c++) orders[std::size_t(c)][r] = factorial[c] * coefficients[0][c - 1];
        continue;
      }
      hov_reverse(1, 1, n, d, 1, one, z, nullptr);
      const double s = (value[0] + coefficients[0][0] + 2 * coefficients[0][1]) / double(j.rows);
      for (std::size_t i = 0; i < gradient.size(); i++) {
        const double* adjoint = z[0][i + 1 + std::size_t(features)];
        gradient[i] += s * (adjoint[0] + adjoint[1] + 2 * adjoint[2]);
      }
    }
  };
  return w2::serve(j, "ADOL-C", call, orders, gradient);
}
