// src/oracle/reference_values.cpp: exact values and gradients of a recording at given samples.
#include <algorithm>

#include "../../include/dimwise/oracle/compare.hpp"
#include "lattice.hpp"

namespace dimwise {
namespace {

bool is_suspicious(const fifty_digits& derivative) { return derivative != 0 && abs(derivative) < 1e-8; }

}  // namespace

reference_values::reference_values(const table& recording, std::vector<double> parameters, std::vector<sample_inputs> samples)
    : recording_(recording),
      parameters_(std::move(parameters)),
      samples_(std::move(samples)),
      orders_(detail::total_orders(recording)) {
  const int shared = orders_.empty() ? 0 : *std::max_element(orders_.begin(), orders_.end());
  for (const auto& s : samples_) {
    auto& o = oracles_.emplace_back(recording);
    // up to total order 6 the common step leaves 25 digits; above, every node gets its own
    if (shared <= 6) o.share_lattice_of_order(shared);
    o.set_parameters(parameters_);
    o.set_sample(s);
  }
  for_gradients_.resize(samples_.size());
}

const reference_values::numbers& reference_values::of(int node, int sample) {
  const auto [it, added] = known_.try_emplace({node, sample});
  if (added) {
    auto& o = oracles_[std::size_t(sample)];
    it->second.exact = o.value(node);
    it->second.largest = o.largest_terms(node);
  }
  return it->second;
}

const std::vector<fifty_digits>& reference_values::gradient(int node, int sample, int parameter) {
  const auto [it, added] = gradients_.try_emplace({node, sample, parameter});
  if (!added) return it->second;
  const auto in_50_digits = [&] {
    auto& o = for_gradients_[std::size_t(sample)];
    if (!o) {
      o = std::make_unique<basic_oracle<fifty_digits>>(recording_);
      o->set_parameters(parameters_);
      o->set_sample(samples_[std::size_t(sample)]);
    }
    return o->parameter_derivatives(node, parameter);
  };
  const auto in_100_digits = [&] {
    const auto wide = oracles_[std::size_t(sample)].parameter_derivatives(node, parameter);
    return std::vector<fifty_digits>(wide.begin(), wide.end());
  };
  // differences of 50 digits are good to about 14 digits up to third derivatives
  const bool high = orders_[std::size_t(node)] > 3;
  it->second = high ? in_100_digits() : in_50_digits();
  // a small difference may be nothing but rounding: then it is much smaller with twice the digits, and zero is meant
  if (std::any_of(it->second.begin(), it->second.end(), is_suspicious)) {
    const auto other = high ? in_50_digits() : in_100_digits();
    for (std::size_t e = 0; e < other.size(); e++) {
      fifty_digits& g = it->second[e];
      if (!is_suspicious(g)) continue;
      const fifty_digits fewer = high ? other[e] : g, more = high ? g : other[e];
      g = abs(more) < 1e-6 * abs(fewer) ? fifty_digits(0) : more;
    }
  }
  return it->second;
}

std::pair<double, int> reference_values::relative_form_error(int equation) {
  const int node = recording_.equations[equation].relative;
  std::pair<double, int> worst{0, 0};
  for (int s = 0; s < int(samples_.size()); s++) {
    const numbers& relative = of(node, s);
    const wide_number quotient = oracles_[std::size_t(s)].exact_relative(equation);
    const wide_number difference = abs(wide_number(relative.exact[0] - quotient));
    if (difference == 0) continue;
    const double error = double(wide_number(difference / std::max(relative.largest[0], wide_number(abs(quotient)))));
    if (!(error <= worst.first)) worst = {error, s};
  }
  return worst;
}

}  // namespace dimwise
