// examples/pde/reference.hpp: the commands of the examples that are compared with a reference solution.
#pragma once
#include <string>
#include <vector>

#include <dimwise/runner.hpp>

namespace pde_example {

/// A solution u on a grid: u[row n][column j] at time t[n], place x[j].
struct reference_solution {
  std::vector<double> x, t, u;
};
/// Reads x.npy, t.npy and u.npy of a folder. Throws `error` where shapes do not fit.
reference_solution read_reference(const std::string& folder);

/// The output called `output` of a model at every point of a reference.
std::vector<double> on_grid(const dimwise::compiled_model& model, const std::string& output,
                            const std::vector<double>& parameters, const reference_solution& points);
/// |a - b| / |b| in the Euclidean norm.
double relative_error(const std::vector<double>& a, const std::vector<double>& b);

/// Adds `demo`: trains the model in double precision, prints the relative L2 error of its output "u" against the reference in
/// `folder`, writes parameters, solution and a page with pictures. Its exit status is 1 where the error is above `bar`.
void add_solve_command(dimwise::runner& program, const std::string& folder, double bar);

}  // namespace pde_example
