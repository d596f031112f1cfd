// ir/table.hpp: the recorded model as plain data, the form that all passes, the oracle and the runner read.
#pragma once
#include "node.hpp"
#include "tensor.hpp"

namespace dimwise {

/// An input bound by name at each call: per sample (point) or per sample and dimension (dim).
struct input_slot {
  short_name name;
  level l = level::point;
  int width = 1;
  bool state = false;  ///< a state besides the first: what D<k>(f, v) differentiates by
};

/// A run-time constant and its default.
struct constant_slot {
  short_name name;
  double value = 0;
};

/// An equation `lhs == rhs`; residual = lhs - rhs; relative = residual / p for the positive factor p that it was made relative
/// to, or -1.
struct equation_entry {
  short_name name;
  int lhs = -1, rhs = -1, residual = -1, relative = -1;
  double weight = 1;
};

/// A named value that the binary evaluates.
struct output_entry {
  short_name name;
  int node = -1;
};

/// dx_i = drift_i dt + noise_i dW_i; noise_derivative is D<1>(noise), for Milstein.
struct sde_entry {
  short_name name;
  int drift = -1, noise = -1, noise_derivative = -1;
};

/// A quantity that is integrated along a solution: d/dt of it is the point-level scalar `node`.
struct carried_entry {
  short_name name;
  int node = -1;
};
constexpr int most_carried = 4;

/// How the trace of a flow's Jacobian is found: what its log density is integrated from.
enum class trace : std::uint8_t {
  none,        ///< not at all: the log density is unknown
  exact,       ///< sum of D<1>f, one Taylor coefficient more than f
  hutchinson,  ///< e' J e for random e that stay the same during a solve: unbiased, a pass through all of f for each e
  full         ///< sum of u' J u over all unit vectors u: exact for any f, d passes
};

/// dx_i/dt = field_i; diagonal is D<1>(field), -1 where the field is dense.
struct ode_entry {
  short_name name;
  int field = -1, diagonal = -1;
  trace how = trace::none;  ///< of a flow
  int noise = -1;           ///< the input whose e' J e is carried, for hutchinson and full
  carried_entry carried[most_carried];
  int carried_count = 0;
};

/// Where the samples of an objective come from; bound at run time under the set's name.
enum class sample_source : std::uint8_t {
  file,         ///< rows of a file: coordinates, time, inputs by column name or position
  transitions,  ///< consecutive rows of a file: state and time now, and the next state in the input_per_dim called "next"
  jittered,     ///< rows of the set `of` plus N(0, spread^2) noise on the (transformed) state
  density,      ///< state drawn from the mixture `mixture` at times uniform in [t0, t1]
  box,          ///< uniform in [lower, upper]^d x [t0, t1]
  faces,        ///< uniform on the faces of that box: one coordinate at `lower` or `upper`
  sobol,        ///< Sobol points of that box, shifted anew at each draw
  grid,         ///< the centres of points^d x time_points equal cells of that box, all of them at each draw
  gauss         ///< Gauss-Legendre nodes of that box with their weights, all of them at each draw
};
/// Whether a set gives the same points at each draw.
constexpr bool is_fixed(sample_source s) { return s == sample_source::grid || s == sample_source::gauss; }
/// Whether its samples are rows of data.
constexpr bool is_rows(sample_source s) { return s == sample_source::file || s == sample_source::transitions; }

struct sample_set {
  short_name name;
  sample_source source = sample_source::file;
  int of = -1;       ///< jittered: index of the set
  int mixture = -1;  ///< density: index of the mixture
  double spread = 0, lower = -1, upper = 1, t0 = 0, t1 = 1;
  int draws = 0;                    ///< samples drawn per step; 0: the stage's batch
  int points = 0, time_points = 1;  ///< grid and gauss: along each coordinate, and in time
};

/// The integral of the point-level scalar `node` over what `set` covers: its box (and its times, where t0 < t1), or against its
/// density.
struct integral_entry {
  short_name name;
  int node = -1;
  int set = -1;
};

/// A diagonal Gaussian mixture: what a sampler needs. All widths are the number of components.
struct mixture_entry {
  short_name name;
  int log_weights = -1;    ///< point [K], normalised
  int mean = -1;           ///< dim [K]
  int log_deviation = -1;  ///< dim [K]
  int log_density = -1;    ///< point [1]
};

/// weight * mean over the samples of `set` of the point-level scalar `node` is minimised, in training stage `stage`.
struct objective_entry {
  short_name name;
  int node = -1;
  int set = -1;
  double weight = 1;
  int stage = 0;
  int residual = -1;       ///< of a least-squares objective: the value (any level and width) whose squares add up to `node`
  int sample_weight = -1;  ///< of a least-squares objective: a factor of the residual, taken as constant
  int integral = -1;       ///< of a constraint: the integral of `node`; (integral - target)^2 is minimised instead of a mean
  double target = 0;
};

/// How a stage moves the parameters.
enum class method : std::uint8_t {
  adam,
  levenberg_marquardt,  ///< for least-squares objectives; a step is one solve of the damped normal equations, in double precision
  lbfgs                 ///< limited-memory BFGS, in double precision
};

/// Steps between two draws of the samples, where none are given; Adam draws at every step.
constexpr int usual_redraw(method how) { return how == method::lbfgs ? 500 : 20; }

/// One stage of training; stages run one after the other. The command line overrides each number.
struct stage_entry {
  short_name name;
  int steps = 3000;
  int batch = 256;           ///< samples drawn per step from each set
  double rate = 3e-3;        ///< largest learning rate
  int warm_up = 100;         ///< steps of linear warm-up, then cosine decay
  double final_rate = 0.01;  ///< rate at the end, as a fraction of `rate`
  double clip = 1;           ///< largest norm of the gradient; 0: no clipping
  double decay = 0;          ///< decoupled weight decay (AdamW); 0 is Adam
  method how = method::adam;
  int redraw = 20;  ///< Levenberg-Marquardt and L-BFGS: steps between two draws of the samples
  double candidates =
      1;  ///< Levenberg-Marquardt and L-BFGS: points drawn for each one that is kept, with probability 1 + |r| / mean |r|
};

/// What is done to the state's data before the model sees it, fitted on the training rows.
enum class transform : std::uint8_t {
  none,
  standardise,  ///< subtract the mean, divide by the standard deviation, for each coordinate
  whiten        ///< subtract the (seasonal) mean, multiply by the inverse Cholesky factor of the residual covariance
};

struct data_transform {
  transform what = transform::none;
  int harmonics = 0;  ///< order of the seasonal mean that is removed first
  double period = 1;  ///< of the season, in units of time
};

/// A non-owning view of a recording. Nodes are in topological order; operands come first.
struct table {
  const node* nodes = nullptr;
  int node_count = 0;
  const tensor* tensors = nullptr;
  int tensor_count = 0;
  const input_slot* inputs = nullptr;
  int input_count = 0;
  const constant_slot* constants = nullptr;
  int constant_count = 0;
  const equation_entry* equations = nullptr;
  int equation_count = 0;
  const output_entry* outputs = nullptr;
  int output_count = 0;
  const sde_entry* sdes = nullptr;
  int sde_count = 0;
  const ode_entry* odes = nullptr;
  int ode_count = 0;
  const sample_set* sets = nullptr;
  int set_count = 0;
  const integral_entry* integrals = nullptr;
  int integral_count = 0;
  const mixture_entry* mixtures = nullptr;
  int mixture_count = 0;
  const objective_entry* objectives = nullptr;
  int objective_count = 0;
  const stage_entry* stages = nullptr;
  int stage_count = 0;
  data_transform transform{};
  short_name state_name, time_name;  ///< empty where the model has none
  int d = 1;                         ///< dimensions of the state
  int parameters = 0;                ///< length of the parameter vector
};

}  // namespace dimwise
