// core/random.cpp: Philox counters to uniforms and normals, with elementary functions whose digits are the same everywhere.
#include <dimwise/core/random.hpp>

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <dimwise/core/error.hpp>

// A fused multiply-add would change last digits: this file is compiled with -ffp-contract=off.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

namespace dimwise {
namespace {

using philox = r123::Philox4x64;
enum class draws : std::uint64_t { uniform, normal, whole };

struct words {
  std::uint64_t w[4];
};

words block(const std::uint64_t* key, std::uint64_t step, std::uint64_t number, std::uint64_t lane, draws what) {
  philox::ctr_type c{{number, step, lane, std::uint64_t(what)}};
  philox::key_type k{{key[0], key[1]}};
  const auto r = philox()(c, k);
  return {{r[0], r[1], r[2], r[3]}};
}

double to_uniform(std::uint64_t w) { return double(w >> 11) * 0x1p-53; }

// Natural logarithm of x in (0, 1]: the reduction and polynomial of fdlibm's e_log.c.
double logarithm(double x) {
  int k = 0;
  double m = std::frexp(x, &k);  // exact
  if (m < 0.70710678118654752440) {
    m *= 2;
    k--;
  }
  const double f = m - 1, s = f / (2 + f), z = s * s, w = z * z;
  const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double odd = z * (6.666666666666735130e-01 +
                          w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double half = 0.5 * f * f, r = even + odd, n = double(k);
  return n * 6.93147180369123816490e-01 - ((half - (s * (half + r) + n * 1.90821492927058770002e-10)) - f);
}

struct sine_cosine {
  double s, c;
};

// Of 2 pi u, u in [0, 1): quarter turns exactly, then fdlibm's kernels on [-pi/4, pi/4].
sine_cosine turn(double u) {
  const double x = 4 * u, quarter = std::floor(x + 0.5);
  const double a = (x - quarter) * 1.57079632679489661923, z = a * a;
  const double s =
      a + a * z *
              (-1.66666666666666324348e-01 +
               z * (8.33333333332248946124e-03 +
                    z * (-1.98412698298579493134e-04 +
                         z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  const double c = 1 - (0.5 * z - z * z *
                                      (4.16666666666666019037e-02 +
                                       z * (-1.38888888888741095749e-03 +
                                            z * (2.48015872894767294178e-05 +
                                                 z * (-2.75573143513906633035e-07 +
                                                      z * (2.08757232129817482790e-09 - z * 1.13596475577881948265e-11))))));
  switch (int(quarter) & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

void normal_pair(std::uint64_t radius, std::uint64_t angle, double* out) {
  const double u = (double(radius >> 11) + 0.5) * 0x1p-53;
  const double r = std::sqrt(-2 * logarithm(u));
  const auto t = turn(to_uniform(angle));
  out[0] = r * t.c;
  out[1] = r * t.s;
}

void four_uniforms(const words& w, double* out) {
  for (int i = 0; i < 4; i++) out[i] = to_uniform(w.w[i]);
}

void four_normals(const words& w, double* out) {
  normal_pair(w.w[0], w.w[1], out);
  normal_pair(w.w[2], w.w[3], out + 2);
}

template <class Four>
void fill(const std::uint64_t* key, draws what, std::uint64_t step, std::uint64_t first, std::size_t count, double* out,
          std::uint64_t lane, Four four) {
  double group[4];
  std::size_t done = 0;
  while (done < count) {
    const std::uint64_t index = first + done;
    const std::size_t skip = index % 4, take = std::min<std::size_t>(4 - skip, count - done);
    four(block(key, step, index / 4, lane, what), group);
    std::memcpy(out + done, group + skip, take * sizeof(double));
    done += take;
  }
}

std::uint64_t scaled(std::uint64_t word, std::uint64_t n) {
  return std::min<std::uint64_t>(std::uint64_t(to_uniform(word) * double(n)), n - 1);
}

}  // namespace

random_stream::random_stream(std::uint64_t seed, std::string_view name) : key_{seed, 0xcbf29ce484222325u} {
  for (const char c : name) key_[1] = (key_[1] ^ std::uint8_t(c)) * 0x100000001b3u;
}

double random_stream::uniform(std::uint64_t step, std::uint64_t index, std::uint64_t lane) const {
  return to_uniform(block(key_, step, index / 4, lane, draws::uniform).w[index % 4]);
}

double random_stream::normal(std::uint64_t step, std::uint64_t index, std::uint64_t lane) const {
  const words w = block(key_, step, index / 4, lane, draws::normal);
  const std::size_t pair = index % 4 / 2;
  double two[2];
  normal_pair(w.w[2 * pair], w.w[2 * pair + 1], two);
  return two[index % 2];
}

std::uint64_t random_stream::below(std::uint64_t n, std::uint64_t step, std::uint64_t index, std::uint64_t lane) const {
  return scaled(block(key_, step, index / 4, lane, draws::whole).w[index % 4], n);
}

void random_stream::uniforms(std::uint64_t step, std::uint64_t first, std::size_t count, double* out, std::uint64_t lane) const {
  fill(key_, draws::uniform, step, first, count, out, lane, four_uniforms);
}

void random_stream::normals(std::uint64_t step, std::uint64_t first, std::size_t count, double* out, std::uint64_t lane) const {
  fill(key_, draws::normal, step, first, count, out, lane, four_normals);
}

void random_stream::permutation(std::uint64_t step, std::size_t n, std::uint32_t* out) const {
  if (n > 0xffffffffu) throw error("a permutation has at most 2^32 - 1 entries: split the data into several sets");
  for (std::size_t i = 0; i < n; i++) out[i] = std::uint32_t(i);
  words w{};
  for (std::size_t drawn = 0; drawn + 1 < n; drawn++) {
    if (drawn % 4 == 0) w = block(key_, step, drawn / 4, 0, draws::whole);
    const std::size_t last = n - 1 - drawn;
    std::swap(out[last], out[scaled(w.w[drawn % 4], last + 1)]);
  }
}

std::vector<std::uint32_t> random_stream::permutation(std::uint64_t step, std::size_t n) const {
  std::vector<std::uint32_t> out(n);
  permutation(step, n, out.data());
  return out;
}

}  // namespace dimwise
