// tests/support/accuracy.cpp: draws points, runs the kernels' jets on them and compares with closed forms.
#include "accuracy.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <sstream>

#include "dimwise/kernel/elementary_jets.hpp"
#include "term_sizes.hpp"

namespace dimwise::testing {
namespace {

template <class T>
constexpr int lane_count = simd::lanes<T>;
template <class T>
using lanes_of = std::array<T, std::size_t(simd::lanes<T>)>;

/// Coefficients of the argument for a pack of points: [place][lane].
template <class T>
using block = std::vector<lanes_of<T>>;

template <class T>
struct kernel_result {
  block<T> y, w;
  block<T> alone;  ///< the value where nothing else is asked for
};

/// y = f(u) and w = f'(u) as kernels compute them.
template <function F, class T>
void run(const stated_accuracy& row, orders set, const block<T>& u, kernel_result<T>& out) {
  using V = simd::pack<T>;
  const dynamic_orders s(set);
  jet<V, dynamic_orders> x(s), y(s), w(s);
  for (std::size_t p = 0; p < u.size(); p++) x.c[p] = simd::load(u[p].data());
  V slope(T(0));
  if constexpr (F == function::exp_given) {  // a^b with a constant b, as the kernel's three steps
    const V b(static_cast<T>(row.exponent));
    jet<V, dynamic_orders> l(s), z(s);
    steps::apply<function::log, T>(x, l, slope, 0);
    steps::slope_jet<function::log, T>(x, l, slope, w, 0);
    s.each([&](int k) { z[k] = b * l[k]; });
    y[0] = simd::power(x[0], b);
    steps::apply<F, T>(z, y, slope, 0);
    s.each([&](int k) { l[k] = b * w[k]; });
    s.each([&](int k) { w[k] = product_coefficient(y, l, k); });
  } else {
    steps::apply<F, T>(x, y, slope, row.exponent);
    steps::slope_jet<F, T>(x, y, slope, w, row.exponent);
  }
  if (row.times_argument) {
    jet<V, dynamic_orders> product(s), derivative(s);
    s.each([&](int k) {
      product[k] = product_coefficient(x, y, k);
      derivative[k] = y[k] + product_coefficient(x, w, k);
    });
    y = product, w = derivative;
  }
  V alone = y[0];
  if constexpr (F == function::tanh) alone = simd::tanh(x[0]);
  if constexpr (F == function::sigmoid) alone = row.times_argument ? x[0] * simd::sigmoid(x[0]) : simd::sigmoid(x[0]);
  simd::store(out.alone[0].data(), alone);
  for (std::size_t p = 0; p < u.size(); p++) {
    simd::store(out.y[p].data(), y.c[p]);
    simd::store(out.w[p].data(), w.c[p]);
  }
}
template <class T, int... F>
void run(const stated_accuracy& row, orders set, const block<T>& u, kernel_result<T>& out, std::integer_sequence<int, F...>) {
  ((int(row.f) == F ? run<function(F), T>(row, set, u, out) : void()), ...);
}

/// |got - want| in units of the last place of T at `size`, less what underflow may have taken.
template <class T, class N>
double error_in_ulps(T got, const N& want, const term<T>& scale) {
  const long double size =
      std::max({scale.size, std::fabs(static_cast<long double>(want)), static_cast<long double>(std::numeric_limits<T>::min())});
  const N difference = N(got) - want;
  const long double miss = std::fabs(static_cast<long double>(difference)) - scale.lost;
  if (miss <= 0) return 0;
  return double(miss / std::ldexp(1.0L, std::ilogb(size) + 1 - std::numeric_limits<T>::digits));
}

/// What a function does at the ends: value and slope at +-infinity; the domain, and the points where its derivatives are
/// infinite.
struct special_points {
  double at_plus, slope_plus, at_minus, slope_minus;
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_pole = false, high_pole = false;  ///< infinite derivatives at the end of the domain, which belongs to it
  bool zero_pole = false;                    ///< infinite derivatives at 0 inside of the domain
};
special_points special(const stated_accuracy& row) {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN(),
                   quarter = 1.5707963267948966;
  switch (row.f) {
    case function::exp: return {inf, inf, 0, 0};
    case function::expm1: return {inf, inf, -1, 0};
    case function::log: return {inf, 0, nan, nan, 0, inf, true};
    case function::log1p: return {inf, 0, nan, nan, -1, inf, true};
    case function::sin:
    case function::cos:
    case function::tan: return {nan, nan, nan, nan};
    case function::sinh: return {inf, inf, -inf, inf};
    case function::cosh: return {inf, inf, inf, inf};
    case function::tanh:
    case function::erf: return {1, 0, -1, 0};
    case function::sigmoid:
    case function::normal_cdf: return row.times_argument ? special_points{inf, 1, nan, nan} : special_points{1, 0, 0, 0};
    case function::softplus: return {inf, 1, 0, 0};
    case function::erfc: return {0, 0, 2, 0};
    case function::sqrt: return {inf, 0, nan, nan, 0, inf, true};
    case function::cbrt: return {inf, 0, -inf, 0, -inf, inf, false, false, true};
    case function::reciprocal: return {0, 0, -0.0, 0, -inf, inf, false, false, true};
    case function::power:
    case function::exp_given:
      return row.exponent < 0 ? special_points{0, 0, nan, nan, 0, inf, true}
                              : special_points{inf, row.exponent > 1 ? inf : 0, nan, nan, 0, inf, true};
    case function::asin:
    case function::acos: return {nan, nan, nan, nan, -1, 1, true, true};
    case function::atan: return {quarter, 0, -quarter, 0};
    case function::relu: return {inf, 1, 0, 0};
    case function::abs: return {inf, 1, inf, -1};
    default: return {nan, nan, nan, nan};
  }
}

template <class T>
class measurement {
 public:
  using N = reference_number<T>;
  using limits = std::numeric_limits<T>;

  measurement(const stated_accuracy& row, bool mixed, std::uint64_t seed)
      : row_(row), set_(mixed ? 0x0f0f0f0f : 0x7f), shape_(set_), at_(special(row)), random_(seed) {}

  measured_accuracy run_points(std::int64_t points) {
    block<T> u(shape_.size());
    kernel_result<T> out{block<T>(shape_.size()), block<T>(shape_.size()), block<T>(1)};
    for (std::int64_t i = 0; i < points; i += lane_count<T>) {
      for (std::size_t l = 0; l < std::size_t(lane_count<T>); l++) draw(u, l);
      run<T>(row_, set_, u, out, std::make_integer_sequence<int, function_count>{});
      for (std::size_t l = 0; l < std::size_t(lane_count<T>); l++) compare(u, out, l);
      result_.points += lane_count<T>;
    }
    return result_;
  }

 private:
  const stated_accuracy& row_;
  orders set_;
  series_shape shape_;
  special_points at_;
  std::mt19937_64 random_;
  taylor_reference<N> reference_;
  measured_accuracy result_;

  double uniform(double low, double high) { return low + (high - low) * (double(random_() >> 11) * 0x1p-53); }
  /// A number of any exponent between those of two.
  T any_size(double low, double high) { return T(std::exp(uniform(std::log(low), std::log(high)))) * (random_() % 2 ? 1 : -1); }

  T argument() {
    const T inf = limits::infinity();
    const T tiny[] = {T(0),
                      -T(0),
                      limits::denorm_min(),
                      -limits::denorm_min(),
                      limits::min(),
                      -limits::min(),
                      limits::min() / 2,
                      limits::max(),
                      limits::lowest(),
                      inf,
                      -inf,
                      limits::quiet_NaN(),
                      T(1),
                      T(-1),
                      limits::epsilon(),
                      -limits::epsilon()};
    const T saturation = sizeof(T) == 4 ? T(110) : T(760);
    T x{};
    switch (random_() % 16) {
      case 0: x = tiny[random_() % std::size(tiny)]; break;
      case 1: x = any_size(double(limits::denorm_min()), double(limits::min())); break;
      case 2:
      case 3: x = any_size(double(limits::min()), double(limits::max()) / 2); break;
      case 4:
      case 5: x = T(uniform(-saturation, saturation)); break;
      case 6: x = (random_() % 2 ? T(1) : T(-1)) + any_size(double(limits::epsilon()), 0.5); break;
      case 7:
        x = T(double(std::int64_t(random_() % 2001) - 1000) * 1.5707963267948966);
        break;  // zeros and poles of sin, cos and tan
      case 8: x = T(uniform(-30, 30)); break;
      case 9: x = any_size(1e-6, 1e6); break;
      default: x = T(uniform(-4, 4)); break;
    }
    // most points inside of the domain
    if (random_() % 16 && std::isfinite(x)) {
      if (at_.low == 0) x = std::fabs(x);
      if (at_.high == 1 && std::fabs(x) > 1) x = T(uniform(-1, 1));
      if (at_.low == -1 && x < -1) x = -x;
    }
    return x;
  }
  void draw(block<T>& u, std::size_t l) {
    const bool plain = random_() % 2;  // u = x + h
    const double range = std::exp2(uniform(-4, 4));
    for (std::size_t p = 0; p < u.size(); p++) {
      const T c = plain ? T(p == 1) : random_() % 6 ? T(uniform(-range, range)) : T(0);
      u[p][l] = p == 0 ? argument() : c;
    }
  }

  void fail(const char* what, const block<T>& u, const block<T>& got, std::size_t l) {
    if (!result_.wrong.empty()) return;
    std::ostringstream s;
    s.precision(17);
    s << row_.name << ": " << what << " at u = " << u[0][l];
    for (std::size_t p = 1; p < u.size(); p++) s << (p == 1 ? " + h (" : ", ") << u[p][l];
    s << "), got " << got[0][l];
    for (std::size_t p = 1; p < got.size(); p++) s << (p == 1 ? " + h (" : ", ") << got[p][l];
    result_.wrong = s.str() + (got.size() > 1 ? ")" : "");
  }
  bool plain(const block<T>& u, std::size_t l) const {
    for (std::size_t p = 1; p < u.size(); p++)
      if (u[p][l] != T(p == 1)) return false;
    return true;
  }

  void compare(const block<T>& u, const kernel_result<T>& out, std::size_t l) {
    const double x = double(u[0][l]);
    if (std::isnan(x) || x < at_.low || x > at_.high) {
      for (std::size_t p = 0; p < u.size(); p++)
        if (!std::isnan(out.y[p][l])) return fail("outside of the domain there must be no number", u, out.y, l);
      return;
    }
    if (std::isinf(x))
      return compare_at_infinity(u, out, l, x > 0 ? at_.at_plus : at_.at_minus, x > 0 ? at_.slope_plus : at_.slope_minus);
    if ((x == at_.low && at_.low_pole) || (x == at_.high && at_.high_pole) || (x == 0 && at_.zero_pole))
      return compare_at_pole(u, out, l);
    compare_inside(u, out, l);
  }

  void compare_at_infinity(const block<T>& u, const kernel_result<T>& out, std::size_t l, double value, double slope) {
    const T y = out.y[0][l];
    if (std::isnan(value) ? !std::isnan(y) : y != T(value)) fail("wrong value at infinity", u, out.y, l);
    if (!plain(u, l)) return;
    for (std::size_t p = 1; p < u.size(); p++) {
      const T got = out.y[p][l];
      const bool right = std::isnan(got) || (std::isinf(slope) ? std::isinf(got) || got == 0
                                             : p == 1          ? got == T(slope)
                                                               : got == 0);
      if (!right) fail("a derivative at infinity that is not its limit", u, out.y, l);
    }
  }
  /// The value is right, derivatives are infinite or not a number (0 below the exponent of a power).
  void compare_at_pole(const block<T>& u, const kernel_result<T>& out, std::size_t l) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    const double x = double(u[0][l]);
    double value = 0;
    if (row_.f == function::log || row_.f == function::log1p) value = -inf;
    if (row_.f == function::reciprocal) value = std::signbit(x) ? -inf : inf;
    if (row_.f == function::power && row_.exponent < 0) value = inf;
    if (row_.f == function::asin) value = double(T(x * 1.5707963267948966));
    if (row_.f == function::acos) value = x > 0 ? 0 : double(T(3.14159265358979323846));
    if (out.y[0][l] != T(value)) fail("wrong value at a pole", u, out.y, l);
    if (!plain(u, l)) return;
    for (std::size_t p = 1; p < u.size(); p++) {
      const double k = x_order(shape_.coefficients[p]) + t_order(shape_.coefficients[p]);
      if (t_order(shape_.coefficients[p])) continue;
      const bool finite = row_.f == function::power && k < row_.exponent;
      if (finite ? out.y[p][l] != 0 : std::isfinite(out.y[p][l])) fail("a finite derivative at a pole", u, out.y, l);
    }
  }

  void compare_inside(const block<T>& u, const kernel_result<T>& out, std::size_t l) {
    std::vector<N> exact_u(u.size());
    std::vector<long double> rough_u(u.size());
    for (std::size_t p = 0; p < u.size(); p++) exact_u[p] = N(u[p][l]), rough_u[p] = static_cast<long double>(u[p][l]);
    // of a^b the exponent as it was given, in T
    const double exponent = row_.f == function::exp_given ? double(T(row_.exponent)) : row_.exponent;
    taylor<N> f = reference_.of(row_.f, exact_u[0], exponent);
    term_sizes<T> sizes(shape_, row_.f, rough_u, static_cast<long double>(f[0]), static_cast<long double>(f[1]), exponent);
    if (row_.times_argument) {
      f = taylor_reference<N>::times_argument(f, exact_u[0]);
      sizes.times_argument();
    }
    const bool derivatives = plain(u, l);
    const std::vector<N> y = composed(f, exact_u, shape_, 0, derivatives), w = composed(f, exact_u, shape_, 1, derivatives);
    record(result_.value, result_.worst_value, out.alone, y[0], sizes.y[0], u, 0, l);
    for (std::size_t p = 0; p < u.size(); p++) {
      const int k = x_order(shape_.coefficients[p]) + t_order(shape_.coefficients[p]);
      double& most = p == 0 ? result_.value : result_.coefficient[std::size_t(k)];
      record(most, p == 0 ? result_.worst_value : result_.worst_coefficient, out.y, y[p], sizes.y[p], u, p, l);
      record(result_.slope, result_.worst_slope, out.w, w[p], sizes.w[p], u, p, l);
    }
  }
  void record(double& most, std::string& where, const block<T>& got, const N& want, const term<T>& scale, const block<T>& u,
              std::size_t p, std::size_t l) {
    const T y = got[p][l];
    const auto size = static_cast<long double>(want);
    if (std::fabs(size) > limits::max()) {
      if (p == 0 && y != T(size > 0 ? limits::infinity() : -limits::infinity()))
        fail("beyond the largest number there must be infinity", u, got, l);
      if (std::isfinite(y) && std::fabs(size) > limits::max() * 1.001L) fail("a finite number beyond the largest", u, got, l);
      return;
    }
    if (!std::isfinite(y) && scale.over) return;
    const double error = std::isfinite(y) ? error_in_ulps<T, N>(y, want, scale) : 1e30;
    if (error <= most) return;
    // the worst of all orders names the place
    if (p == 0 || &most == &result_.slope || error > result_.largest_coefficient()) {
      std::ostringstream s;
      s.precision(17);
      s << "order " << x_order(shape_.coefficients[p]) << "," << t_order(shape_.coefficients[p]) << " at u = " << u[0][l];
      for (std::size_t q = 1; q < u.size() && q < 7; q++) s << " " << u[q][l];
      s << ": " << y << ", exact " << size << ", terms " << scale.size << ", " << error << " ULP";
      where = s.str();
    }
    most = error;
  }
};

}  // namespace

template <class T>
measured_accuracy measure(const stated_accuracy& row, std::int64_t points, bool mixed, std::uint64_t seed) {
  return measurement<T>(row, mixed, seed).run_points(points);
}
template measured_accuracy measure<float>(const stated_accuracy&, std::int64_t, bool, std::uint64_t);
template measured_accuracy measure<double>(const stated_accuracy&, std::int64_t, bool, std::uint64_t);

}  // namespace dimwise::testing
