// tests/support/compiled_programs.cpp: see compiled_programs.hpp.
#include "compiled_programs.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "kernel_failures.hpp"
#include "replay.hpp"
#include "table_program.hpp"

namespace dimwise::testing {
namespace {

/// A compiled kernel seen with the nodes, parameters and inputs of the recording that its program was printed from.
class as_printed final : public kernel_interface<double> {
 public:
  as_printed(const table& original, std::vector<output_info> infos, const std::vector<std::string>& tensor_of,
             const compiled_program& p)
      : t(original), u(*p.recording), wanted(std::move(infos)), names(tensor_of), kernel(p.kernel()) {
    for (const output_info& o : wanted) {
      const auto found = std::find_if(kernel->outputs().begin(), kernel->outputs().end(), [&](const output_info& k) {
        return k.name == o.name || (o.name == "residual" && k.name == "equation.residual");
      });
      if (found == kernel->outputs().end()) throw std::logic_error("the compiled program has no output " + o.name);
      if (found->l != o.l || found->width != o.width)
        throw std::logic_error("the compiled program gives another shape to " + o.name);
      place.push_back(std::size_t(found - kernel->outputs().begin()));
    }
  }
  const std::vector<output_info>& outputs() const override { return wanted; }
  kernel_cost cost() const override { return kernel->cost(); }
  bool has_gradient() const override { return true; }
  std::size_t block() const override { return kernel->block(); }
  std::size_t evaluate_workspace() const override { return kernel->evaluate_workspace(); }
  std::size_t gradient_workspace() const override { return kernel->gradient_workspace(); }

  void evaluate(const double* parameters, const arguments<double>& in, std::size_t begin, std::size_t end, double* const* out,
                double* workspace) const override {
    const call c(*this, parameters, in, out);
    kernel->evaluate(c.parameters.data(), c.in, begin, end, c.out.data(), workspace);
  }
  void gradient(const double* parameters, const arguments<double>& in, std::size_t begin, std::size_t end,
                const double* const* cotangents, double* const* out, double* gradient, double* workspace) const override {
    const call c(*this, parameters, in, out);
    std::vector<const double*> seeds(kernel->outputs().size(), nullptr);
    for (std::size_t j = 0; j < place.size(); j++)
      if (cotangents[j]) seeds[place[j]] = cotangents[j];
    std::vector<double> theirs(std::size_t(u.parameters), 0.0);
    kernel->gradient(c.parameters.data(), c.in, begin, end, seeds.data(), c.out.data(), theirs.data(), workspace);
    for (int i = 0; i < u.tensor_count; i++)
      for (int j = 0; j < t.tensor_count; j++)
        if (names[std::size_t(j)] == u.tensors[i].name.view())
          for (int e = 0; e < u.tensors[i].size(); e++)
            gradient[t.tensors[j].offset + e] += theirs[std::size_t(u.tensors[i].offset + e)];
  }

 private:
  struct call {
    std::vector<double> parameters, constants;
    std::vector<const double*> inputs;
    std::vector<double*> out;
    arguments<double> in;
    call(const as_printed& k, const double* values, const arguments<double>& given, double* const* to)
        : parameters(matching_parameters(k.t, std::vector<double>(values, values + k.t.parameters), k.names, k.u)),
          out(k.kernel->outputs().size(), nullptr),
          in(given) {
      for (int i = 0; i < k.u.input_count; i++)
        for (int j = 0; j < k.t.input_count; j++)
          if (k.t.inputs[j].name == k.u.inputs[i].name) inputs.push_back(given.inputs[j]);
      for (int i = 0; i < k.u.constant_count; i++)
        for (int j = 0; j < k.t.constant_count; j++)
          if (k.t.constants[j].name == k.u.constants[i].name) constants.push_back(given.constants[j]);
      for (std::size_t j = 0; j < k.place.size(); j++) out[k.place[j]] = to[j];
      in.inputs = inputs.data();
      in.constants = constants.data();
    }
  };
  table t, u;
  std::vector<output_info> wanted;
  std::vector<std::string> names;
  std::unique_ptr<kernel_interface<double>> kernel;
  std::vector<std::size_t> place;
};

std::string failures_of(const compiled_program& p, check_record& worst_value, check_record& worst_gradient) {
  const table_builder b = random_table(p.seed, program_tables());
  const table t = b.view();
  const replayed r = replay(t);
  if (!r.refusal.empty()) return "the recorder refuses what the compiler accepted: " + r.refusal;
  failure_options options;
  options.seed = p.seed;
  options.bounds.least = 1e-3;
  const auto make = [&](const table& of, std::vector<output_info> infos) -> std::unique_ptr<kernel_interface<double>> {
    return std::make_unique<as_printed>(of, std::move(infos), r.tensor_of, p);
  };
  std::string text;
  for (const check_record& c : kernel_records<double>(t, make, options)) {
    check_record& worst = c.quantity == "value" ? worst_value : worst_gradient;
    if (c.max_relative_error >= worst.max_relative_error) worst = c;
    if (!c.ok) text += to_text(c) + "\n";
  }
  return text.empty() ? text : text + to_text(t) + to_program(t);
}

}  // namespace

random_table_options program_tables() {
  random_table_options o;
  o.steps = 40;
  o.outputs = 4;
  return o;
}

int check_programs(const compiled_program* programs, int count) {
  int failed = 0;
  check_record value, gradient;
  for (int i = 0; i < count; i++) {
    const std::string text = failures_of(programs[i], value, gradient);
    if (text.empty()) continue;
    failed++;
    std::printf("FAILED seed %llu\n%s\n", static_cast<unsigned long long>(programs[i].seed), text.c_str());
  }
  std::printf("%d compiled programs, worst value %.1e, worst gradient %.1e\n", count, value.max_relative_error,
              gradient.max_relative_error);
  std::printf("%d passed, %d failed\n", count - failed, failed);
  return failed > 0;
}

}  // namespace dimwise::testing
