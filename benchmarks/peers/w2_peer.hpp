// benchmarks/peers/w2_peer.hpp: workload W2 for C++ differentiation libraries: reads its numbers, times, writes results (see
// serve.py).
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "dimwise/io/npy.hpp"
#include "dimwise/io/safetensors.hpp"

namespace w2 {

struct layer {
  std::size_t outputs = 0, inputs = 0;
  std::vector<double> weight, bias;  ///< weight row-major
  std::string name;
};

/// tau of W2: 9 -> 32 -> 32 -> 1, tanh, and its rows.
struct job {
  std::map<std::string, std::string> words;
  std::vector<layer> layers;
  std::size_t rows = 0;
  std::vector<double> state, features;  ///< [rows], [rows][8]
  int k = 2;
  bool gradient = false;

  job(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) words[argv[i]] = argv[i + 1];
    k = std::stoi(words["--k"]);
    gradient = words["--variant"] == "gradient";
    const std::string in = words["--folder"] + "/in/";
    const dimwise::safetensors parameters = dimwise::read_safetensors(in + "parameters.safetensors");
    for (int n = 0;; n++) {
      const std::string name = "tau." + std::to_string(n);
      const auto* w = parameters.find(name + ".weight");
      if (!w) break;
      layers.push_back({w->shape[0], w->shape[1], w->values, parameters.find(name + ".bias")->values, name});
    }
    state = dimwise::read_npy<double>(in + "state.npy").values;
    features = dimwise::read_npy<double>(in + "features.npy").values;
    rows = state.size();
  }

  std::filesystem::path results() const { return std::filesystem::path(words.at("--folder")) / words.at("--name"); }
};

/// What a library multiplies its numbers with: double where it can, else the number one level below.
template <class Scalar>
auto coefficient(double w) {
  if constexpr (requires(Scalar s) { s = s * 1.0; }) return w;
  else return typename Scalar::Scalar(w);
}

/// The network on a scalar type of a library, as its users write it; `x` is differentiated, features are numbers.
template <class Scalar>
Scalar evaluate(const job& j, const Scalar& x, const double* features) {
  using std::tanh;
  std::vector<Scalar> units, next;
  for (std::size_t n = 0; n < j.layers.size(); n++) {
    const layer& l = j.layers[n];
    next.clear();
    for (std::size_t i = 0; i < l.outputs; i++) {
      const double* w = l.weight.data() + i * l.inputs;
      Scalar z;
      if (n == 0) {
        double constant = l.bias[i];
        for (std::size_t m = 1; m < l.inputs; m++) constant += w[m] * features[m - 1];
        z = x * coefficient<Scalar>(w[0]) + coefficient<Scalar>(constant);
      } else {
        z = units[0] * coefficient<Scalar>(w[0]) + coefficient<Scalar>(l.bias[i]);
        for (std::size_t m = 1; m < l.inputs; m++) z += units[m] * coefficient<Scalar>(w[m]);
      }
      if (n + 1 < j.layers.size()) next.push_back(tanh(z));
      else next.push_back(z);
    }
    units.swap(next);
  }
  return units[0];
}

inline double least_seconds(double budget, const std::function<void()>& call) {
  double least = 1e300, spent = 0;
  do {
    const auto start = std::chrono::steady_clock::now();
    call();
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    least = std::min(least, took);
    spent += took;
  } while (spent < budget);
  return least;
}

/// Writes the orders [0..k][rows] that `call` has left in `orders`, or the gradient in the order of the layers; then answers.
inline int serve(const job& j, const char* version, const std::function<void()>& call,
                 const std::vector<std::vector<double>>& orders, const std::vector<double>& gradient) {
  call();
  std::filesystem::create_directories(j.results());
  for (std::size_t n = 0; n < orders.size(); n++)
    dimwise::write_npy((j.results() / ((n ? "D" + std::to_string(n) : "f") + ".npy")).string(), {j.rows, 1}, orders[n].data());
  std::size_t at = 0;
  if (!gradient.empty())
    for (const layer& l : j.layers) {
      const auto place = j.results() / "gradient";
      std::filesystem::create_directories(place);
      dimwise::write_npy((place / (l.name + ".weight.npy")).string(), {l.outputs, l.inputs}, gradient.data() + at);
      at += l.weight.size();
      dimwise::write_npy((place / (l.name + ".bias.npy")).string(), {l.outputs}, gradient.data() + at);
      at += l.bias.size();
    }
  std::printf("{\"ready\": \"%s\"}\n", version);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%.9e\n", least_seconds(std::stod(line), call));
    std::fflush(stdout);
  }
  return 0;
}

/// A peer that gives values and derivatives of order 0..K by x, K at most `Most`: peer<K>(job, x, features, out).
template <int Most = 4, class Peer>
int serve_orders(int argc, char** argv, const char* version, Peer peer) {
  const job j(argc, argv);
  if (j.gradient) throw std::runtime_error("forward derivatives by 1,409 parameters are not tried");
  std::vector<std::vector<double>> orders(std::size_t(j.k) + 1, std::vector<double>(j.rows));
  const auto all = [&]<int K>() {
    double out[K + 1];
    for (std::size_t r = 0; r < j.rows; r++) {
      peer.template operator()<K>(j, j.state[r], j.features.data() + 8 * r, out);
      for (int n = 0; n <= K; n++) orders[std::size_t(n)][r] = out[n];
    }
  };
  const auto call = [&] {
    switch (j.k) {
      case 1: return all.template operator()<1>();
      case 2: return all.template operator()<2>();
      case 4:
        if constexpr (Most >= 4) return all.template operator()<4>();
        [[fallthrough]];
      default: throw std::runtime_error("this library is not nested " + std::to_string(j.k) + " times");
    }
  };
  return serve(j, version, call, orders, {});
}

}  // namespace w2
