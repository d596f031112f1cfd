// examples/rings/densities.cpp: see densities.hpp.
#include "examples/rings/densities.hpp"

#include <algorithm>
#include <cmath>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>

namespace rings_example {
namespace {

constexpr double pi = 3.14159265358979323846;

double log_normal(double z, double deviation) {
  return -0.5 * z * z / (deviation * deviation) - std::log(deviation) - 0.5 * std::log(2 * pi);
}
/// log(sum of exp(a[i])).
double log_sum(const double* a, int n) {
  const double top = *std::max_element(a, a + n);
  double sum = 0;
  for (int i = 0; i < n; i++) sum += std::exp(a[i] - top);
  return top + std::log(sum);
}
int pick(double u, int n) { return std::min(n - 1, int(u * n)); }

/// The direction is uniform, the radius normal about one of two.
class two_rings final : public density {
  static constexpr double radius[2] = {1.0, 2.2}, deviation = 0.12;

 public:
  std::string name() const override { return "rings"; }
  void point(const double* u, const double* z, double* x) const override {
    const double r = radius[pick(u[0], 2)] + deviation * z[0];
    x[0] = r * std::cos(2 * pi * u[1]), x[1] = r * std::sin(2 * pi * u[1]);
  }
  double log_prob(const double* x) const override {
    const double r = std::hypot(x[0], x[1]);
    double terms[4];  // a negative radius is a point on the other side
    for (int k = 0; k < 2; k++)
      terms[2 * k] = log_normal(r - radius[k], deviation), terms[2 * k + 1] = log_normal(-r - radius[k], deviation);
    return log_sum(terms, 4) - std::log(2) - std::log(2 * pi * r);
  }
};

class eight_gaussians final : public density {
  static constexpr double radius = 2, deviation = 0.2;

 public:
  std::string name() const override { return "eight_gaussians"; }
  void point(const double* u, const double* z, double* x) const override {
    const double angle = 2 * pi * pick(u[0], 8) / 8;
    x[0] = radius * std::cos(angle) + deviation * z[0], x[1] = radius * std::sin(angle) + deviation * z[1];
  }
  double log_prob(const double* x) const override {
    double terms[8];
    for (int k = 0; k < 8; k++)
      terms[k] = log_normal(x[0] - radius * std::cos(2 * pi * k / 8), deviation) +
                 log_normal(x[1] - radius * std::sin(2 * pi * k / 8), deviation);
    return log_sum(terms, 8) - std::log(8);
  }
};

/// Arms along rays, turned by an angle that grows with the radius: turning keeps areas, so that the density is that before it.
class swirl final : public density {
 public:
  swirl(std::string name, int arms, double centre, double along, double across, double turn)
      : name_(std::move(name)), arms_(arms), centre_(centre), along_(along), across_(across), turn_(turn) {}
  std::string name() const override { return name_; }
  void point(const double* u, const double* z, double* x) const override {
    const double a = 2 * pi * pick(u[0], arms_) / arms_, p = centre_ + along_ * z[0], q = across_ * z[1];
    rotated(p * std::cos(a) - q * std::sin(a), p * std::sin(a) + q * std::cos(a), turn_, x);
  }
  double log_prob(const double* x) const override {
    double y[2], terms[8];
    rotated(x[0], x[1], -turn_, y);
    for (int k = 0; k < arms_; k++) {
      const double a = 2 * pi * k / arms_, p = y[0] * std::cos(a) + y[1] * std::sin(a),
                   q = -y[0] * std::sin(a) + y[1] * std::cos(a);
      terms[k] = log_normal(p - centre_, along_) + log_normal(q, across_);
    }
    return log_sum(terms, arms_) - std::log(arms_);
  }

 private:
  static void rotated(double a, double b, double turn, double* to) {
    const double angle = turn * std::hypot(a, b), c = std::cos(angle), s = std::sin(angle);
    to[0] = c * a - s * b, to[1] = s * a + c * b;
  }
  std::string name_;
  int arms_;
  double centre_, along_, across_, turn_;
};

/// Half circles with normal noise; the integral along them by Simpson's rule.
class two_moons final : public density {
  static constexpr double radius = 1.6, deviation = 0.16;
  static constexpr int nodes = 256;  // distances of 0.02, an eighth of the noise

 public:
  std::string name() const override { return "moons"; }
  void point(const double* u, const double* z, double* x) const override {
    arc(pick(u[0], 2), pi * u[1], x);
    x[0] += deviation * z[0], x[1] += deviation * z[1];
  }
  double log_prob(const double* x) const override {
    std::vector<double> terms;
    for (int moon = 0; moon < 2; moon++)
      for (int j = 0; j <= nodes; j++) {
        double at[2];
        arc(moon, pi * j / nodes, at);
        const double weight = (j == 0 || j == nodes ? 1.0 : j % 2 ? 4.0 : 2.0) / (3 * nodes);
        terms.push_back(std::log(weight) + log_normal(x[0] - at[0], deviation) + log_normal(x[1] - at[1], deviation));
      }
    return log_sum(terms.data(), int(terms.size())) - std::log(2);
  }

 private:
  static void arc(int moon, double angle, double* x) {
    const double side = moon == 0 ? 1 : -1;
    x[0] = side * (radius * std::cos(angle) - 0.8), x[1] = side * (radius * std::sin(angle) - 0.4);
  }
};

/// Uniform on the black squares of a board of four by four, the edges blurred by normal noise.
class checkerboard final : public density {
  static constexpr double deviation = 0.1;

 public:
  std::string name() const override { return "checkerboard"; }
  void point(const double* u, const double* z, double* x) const override {
    const int square = pick(u[0], 8);
    x[0] = corner(square, 0) + u[1] + deviation * z[0], x[1] = corner(square, 1) + u[2] + deviation * z[1];
  }
  double log_prob(const double* x) const override {
    double terms[8];
    for (int k = 0; k < 8; k++) terms[k] = log_edge(x[0] - corner(k, 0)) + log_edge(x[1] - corner(k, 1));
    return log_sum(terms, 8) - std::log(8);
  }

 private:
  static double corner(int square, int axis) {
    const int row = square / 2;
    return axis == 1 ? row - 2 : square % 2 * 2 + row % 2 - 2;
  }
  /// log of the density of a uniform number in [0, 1] plus noise; from the tail on the side of x, so that no digits cancel.
  static double log_edge(double x) {
    const double far = x < 0.5 ? x : 1 - x, scale = deviation * std::sqrt(2);
    return std::log(std::max(1e-300, 0.5 * (std::erfc(-far / scale) - std::erfc((1 - far) / scale))));
  }
};

}  // namespace

template <class T>
void density::draw(std::uint64_t seed, std::uint64_t step, std::size_t samples, T* x) const {
  const dimwise::random_stream r(seed, name());
  std::vector<double> u(4 * samples), z(3 * samples);
  r.uniforms(step, 0, u.size(), u.data(), 0);
  r.normals(step, 0, z.size(), z.data(), 1);
  for (std::size_t s = 0; s < samples; s++) {
    double at[2];
    point(u.data() + 4 * s, z.data() + 3 * s, at);
    x[2 * s] = T(at[0]), x[2 * s + 1] = T(at[1]);
  }
}
template void density::draw<float>(std::uint64_t, std::uint64_t, std::size_t, float*) const;
template void density::draw<double>(std::uint64_t, std::uint64_t, std::size_t, double*) const;

const std::vector<const density*>& all_densities() {
  static const two_rings rings;
  static const eight_gaussians gaussians;
  static const swirl pinwheel("pinwheel", 5, 1.5, 0.45, 0.12, 0.7), spirals("spirals", 2, 1.7, 0.55, 0.15, 1.6);
  static const two_moons moons;
  static const checkerboard board;
  static const std::vector<const density*> all = {&rings, &gaussians, &pinwheel, &spirals, &moons, &board};
  return all;
}
const density& density_of(const std::string& name) {
  std::string names;
  for (const density* d : all_densities()) {
    if (d->name() == name) return *d;
    names += (names.empty() ? "" : ", ") + d->name();
  }
  throw dimwise::error("there is no density '" + name + "'; there are " + names);
}

}  // namespace rings_example
