// examples/oscillator/score.hpp: how well a learned density and a learned stochastic differential equation agree with the true
// process.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <dimwise/core/team.hpp>
#include <dimwise/kernel/compiled_model.hpp>
#include <dimwise/solvers/sde.hpp>

namespace oscillator_example {

/// The ten times 0.6, 1.2, ..., 6 at which crowds are compared.
std::vector<double> scored_times();

/// Euler-Maruyama from points of the first snapshot ([2000][2]; half of the paths start in each cluster, `paths` <= 2000) to the
/// last time. Saved at every sixth step, among them all snapshot times and all scored times.
dimwise::sde_paths<float> simulated_crowd(const dimwise::compiled_model& model, const std::vector<double>& parameters,
                                          const std::vector<double>& first_snapshot, std::size_t paths, std::uint64_t seed,
                                          dimwise::team& workers);
/// Index among the saved states of the one at a snapshot time or scored time. Throws `error` for other times.
std::size_t saved_at(double time);

/// Energy distance between two fresh true crowds of `n` points at each scored time, averaged over pairs: what a perfect model
/// has.
std::vector<double> floor_distances(std::size_t n, int pairs, std::uint64_t seed, dimwise::team& workers);
/// Energy distance between simulated and fresh true crowds of `n` points at each scored time, averaged over pairs.
std::vector<double> simulated_distances(const dimwise::compiled_model& model, const std::vector<double>& parameters,
                                        const std::vector<double>& first_snapshot, std::size_t n, int pairs, std::uint64_t seed,
                                        dimwise::team& workers);

/// E[log p_true - log p_learned] in nats at the 19 times half-way between snapshots, over `n` fresh true points each: the
/// Kullback-Leibler divergence, which is 0 for the exact density.
std::vector<double> density_gaps(const dimwise::compiled_model& model, const std::vector<double>& parameters, std::size_t n,
                                 std::uint64_t seed, dimwise::team& workers);

/// The learned log density at points[n][2] at one time.
std::vector<double> learned_log_density(const dimwise::compiled_model& model, const std::vector<double>& parameters, double time,
                                        const std::vector<double>& points, dimwise::team& workers);

/// Learned drift and noise beside the true ones, root mean squares over true points at the scored times.
struct motion_summary {
  double noise[2] = {0, 0};     ///< of position and velocity
  double drift_error = 0;       ///< distance to the true drift
  double equivalent_error = 0;  ///< distance to f = f_true + 1/2 dG/dx_i + 1/2 G d log p / dx_i with G = g^2 - g_true^2, for each
                                ///< coordinate: with the learned noise, that drift keeps every density of the true process
};
motion_summary summary_of_motion(const dimwise::compiled_model& model, const std::vector<double>& parameters, std::size_t n,
                                 std::uint64_t seed, dimwise::team& workers);

}  // namespace oscillator_example
