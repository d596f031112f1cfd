// examples/weather/weather.cpp: a model of the daily temperatures of Seattle, as it stands on paper, and its program.
//
// The state y holds both temperatures of a day after the climate has been taken out (days.hpp): minus the seasonal mean, times
// the inverse root of the seasonal covariance. t is the day of the year. A density p(y, t) is fitted to the days; then
//
//   dy = f(y, t) dt + g(y, t) dW
//
// is learned from two things at once: the next day given this one, and the Fokker-Planck equation, which says that days that move
// by f and g stay distributed like p.
#include <dimwise/run.hpp>

#include "examples/weather/demo.hpp"

using namespace dimwise;

namespace {

constexpr double year = 365.25;  // days

constexpr auto climate = network<"climate", 10>(mlp{}, last_layer_scale{0.1});
constexpr auto noise_season = network<"noise_season", 2>(mlp{}, last_layer_scale{0.1});
constexpr auto correction = hollow_net<"correction">(masked_mlp{16}, features{8}, mlp{16, 16}, own_weights{});
constexpr auto noise = hollow_net<"noise">(masked_mlp{8}, features{4}, mlp{8, 8}, own_weights{});

// sinh(a / 2) / (a / 2) of q = a^2, to 1e-4 for |a| <= 3, and smooth at 0.
constexpr auto sinh_ratio(auto q) { return 1.0 + q * (1.0 / 24 + q * (1.0 / 1920 + q * (1.0 / 322560))); }

constexpr void weather(model& m) {
  auto y = m.state<"y", 2>();
  auto t = m.time<"t">();
  auto w = (2 * 3.14159265358979324 / year) * t;
  auto season = concat(cos(w), sin(w));

  // Density: two Gaussians whose weights, means and deviations change a little over the year.
  auto change = climate(season);
  auto l = gaussian_mixture<"density">(y, m.parameter<"weights", 2>(0) + slice<0, 2>(change),
                                       m.parameter_per_dim<"means", 2>(normal{0.7}) + unstack<2>(slice<2, 4>(change)),
                                       m.parameter_per_dim<"log_deviations", 2>(-0.2) + unstack<2>(slice<6, 4>(change)));

  // Drift: linear, and a HollowNet as correction. Noise: seasonal, and a HollowNet.
  auto c = 0.1 * correction(y, season);
  auto f = linear_of_others<"others">(y) - m.parameter_per_dim<"rate">(0.5) * y + c;
  auto n = 0.1 * noise(y, season);
  auto log_g = m.parameter_per_dim<"log_noise">(0) + unstack<1>(noise_season(season)) + n;
  auto g = exp(log_g);
  m.sde<"weather">(f, g);

  auto p = exp(frozen(l));  // given to f and g, not learned with them
  auto balance = m.equation<"fokker_planck">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));

  // The next day: f linear in y_i near today's y_i, with its exact slope, so that y_i is Gaussian after one day.
  auto slope = D<1>(f);
  auto mean = y + f * exp(0.5 * slope) * sinh_ratio(sq(slope));
  auto log_variance = 2.0 * log_g + slope + log(sinh_ratio(4.0 * sq(slope)));
  auto next = m.input_per_dim<"next">();
  auto surprise = 0.5 * sum(sq(next - mean) * exp(-log_variance) + log_variance);

  auto days = m.samples<"days">();
  auto pairs = m.transitions<"pairs">();
  auto near = m.jittered<"near">(days, 0.2);

  // Numbers chosen by leaving out 2012, 2013 and 2014 in turn (README.md).
  m.stage<"density">({.steps = 2000, .batch = 512, .rate = 1e-2});
  m.minimize<"likelihood">(-l, days);
  m.minimize<"same_all_year">(sum_features(sq(change)), days, weight{0.3});

  m.stage<"motion">({.steps = 500, .batch = 256, .rate = 3e-3});
  m.minimize<"next_day">(surprise, pairs);
  m.minimize<"balance">(pseudo_huber(balance.relative()), near);
  m.minimize<"small_correction">(sum(sq(c) + sq(n)), near);
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<weather>("weather"), peaks_here());
  weather_example::add_commands(program);
  return program.run(argc, argv);
}
