// kernel/evaluator.hpp: a model's values by name, for use inside other C++ programs; names are checked by the compiler
// (Boost.Hana).
#pragma once
#include <boost/hana/at_key.hpp>
#include <boost/hana/map.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/type.hpp>
#include <span>

#include "../core/aligned.hpp"
#include "../core/error.hpp"
#include "../language/refuse.hpp"
#include "compile.hpp"

namespace dimwise {

/// The name of an input or output as a type.
template <fixed_string Name>
struct name_key {
  static constexpr auto text = Name;
  /// An argument: `"x"_in = values`. Not constexpr: clang 14 would try to compute it, and crashes on printing the literal in a
  /// note on why it cannot.
  template <class Values>
  auto operator=(const Values& values) const {
    return boost::hana::make_pair(boost::hana::type_c<name_key>, std::span(std::data(values), std::size(values)));
  }
};
/// `"x"_in = values`: the input x of a call; values is contiguous (std::vector, Eigen array, std::span).
template <fixed_string Name>
constexpr auto operator""_in() {
  return name_key<Name>{};
}

namespace detail {

template <class Pair>
using key_of = typename std::remove_cvref_t<decltype(boost::hana::first(std::declval<Pair>()))>::type;

constexpr bool same_text(std::string_view a, std::string_view b) { return a == b; }

/// Number of inputs that a call must be given: the state, the time and the inputs that the model has.
constexpr int required_inputs(const table& t) {
  return !t.state_name.view().empty() + !t.time_name.view().empty() + t.input_count;
}
constexpr std::string_view required_input(const table& t, int i) {
  if (!t.state_name.view().empty() && i-- == 0) return t.state_name.view();
  if (!t.time_name.view().empty() && i-- == 0) return t.time_name.view();
  return t.inputs[i].name.view();
}
template <auto Build, class... Keys>
constexpr bool every_input_given() {
  for (int i = 0; i < required_inputs(recording<Build>::view); i++) {
    const std::string_view name = required_input(recording<Build>::view, i);
    if (!(same_text(Keys::text.view(), name) || ...)) return false;
  }
  return true;
}
template <auto Build, class... Keys>
constexpr bool every_key_known() {
  const auto known = [](std::string_view key) {
    for (int i = 0; i < required_inputs(recording<Build>::view); i++)
      if (required_input(recording<Build>::view, i) == key) return true;
    return false;
  };
  return (known(Keys::text.view()) && ...);
}
}  // namespace detail

inline namespace DIMWISE_SIMD_ISA {

/// All outputs and equation sides of a model.
///
///   evaluator<fokker_planck> values;
///   auto result = values(parameters, "x"_in = x, "t"_in = t);   // x: [samples][d], t: [samples]
///   const std::vector<double>& r = result.of("fokker_planck.residual");
///
/// Throws `error` where a length does not fit. Cost of a call: one evaluation and the memory of its results.
template <auto Build, class T = double>
class evaluator {
 public:
  struct results {
    std::vector<std::string> names;
    std::vector<std::vector<T>> values;
    /// The values of one output: [samples][width] or [samples][d][width].
    const std::vector<T>& of(std::string_view name) const {
      for (std::size_t j = 0; j < names.size(); j++)
        if (names[j] == name) return values[j];
      std::string known;
      for (const auto& n : names) known += (known.empty() ? "" : ", ") + n;
      throw error("there is no output \"" + std::string(name) + "\"; the outputs are: " + known);
    }
  };

  /// With parameters that stay as they are: copied, and put in order once. A call of one sample then takes about half the time.
  ///
  ///   const auto fitted = values.with(parameters);
  ///   auto result = fitted("x"_in = x, "t"_in = t);
  class with_parameters {
   public:
    template <class... Pairs>
    requires(detail::every_input_given<Build, detail::key_of<Pairs>...>() &&
             detail::every_key_known<Build, detail::key_of<Pairs>...>()) results
    operator()(const Pairs&... given) const {
      return call(*kernel_, parameters_.data(), prepared_.empty() ? nullptr : prepared_.data(), given...);
    }
    template <class... Pairs>
    requires(!detail::every_input_given<Build, detail::key_of<Pairs>...>()) DIMWISE_REFUSE(
        "an input of the model has no argument in this call: its state, its time and every input must be given, each as "
        "\"name\"_in = values")
    results operator()(const Pairs&...) const { return {}; }
    template <class... Pairs>
    requires(detail::every_input_given<Build, detail::key_of<Pairs>...>() &&
             !detail::every_key_known<Build, detail::key_of<Pairs>...>())
        DIMWISE_REFUSE("an argument of this call names no input of the model")
    results operator()(const Pairs&...) const { return {}; }

   private:
    friend class evaluator;
    with_parameters(std::shared_ptr<const kernel_interface<T>> kernel, std::vector<T> parameters)
        : kernel_(std::move(kernel)), parameters_(std::move(parameters)), prepared_(kernel_->prepared_size()) {
      if (!prepared_.empty()) kernel_->prepare(parameters_.data(), prepared_.data());
    }
    std::shared_ptr<const kernel_interface<T>> kernel_;
    std::vector<T> parameters_;
    aligned_vector<T> prepared_;
  };
  with_parameters with(std::vector<T> parameters) const {
    check_parameters(parameters);
    return {kernel_, std::move(parameters)};
  }

  template <class... Pairs>
  requires(detail::every_input_given<Build, detail::key_of<Pairs>...>() &&
           detail::every_key_known<Build, detail::key_of<Pairs>...>()) results
  operator()(const std::vector<T>& parameters, const Pairs&... given) const {
    check_parameters(parameters);
    return call(*kernel_, parameters.data(), nullptr, given...);
  }

  template <class... Pairs>
  requires(!detail::every_input_given<Build, detail::key_of<Pairs>...>()) DIMWISE_REFUSE(
      "an input of the model has no argument in this call: its state, its time and every input must be given, each as "
      "\"name\"_in = values")
  results operator()(const std::vector<T>&, const Pairs&...) const { return {}; }

  template <class... Pairs>
  requires(detail::every_input_given<Build, detail::key_of<Pairs>...>() &&
           !detail::every_key_known<Build, detail::key_of<Pairs>...>())
      DIMWISE_REFUSE("an argument of this call names no input of the model")
  results operator()(const std::vector<T>&, const Pairs&...) const { return {}; }

 private:
  std::shared_ptr<const kernel_interface<T>> kernel_ = kernel<Build, T>();

  static void check_parameters(const std::vector<T>& parameters) {
    const int wanted = recording<Build>::view.parameters;
    if (parameters.size() != std::size_t(wanted))
      throw error("the parameter vector has " + std::to_string(parameters.size()) + " numbers; this model has " +
                  std::to_string(wanted));
  }
  template <class... Pairs>
  static results call(const kernel_interface<T>& kernel, const T* parameters, const T* prepared, const Pairs&... given) {
    constexpr const table& t = recording<Build>::view;
    const auto map = boost::hana::make_map(given...);
    std::size_t samples = 0;
    std::string first;
    arguments<T> in;
    std::vector<const T*> inputs(std::size_t(t.input_count), nullptr);
    const auto bind = [&](std::string_view name, std::span<const T> values) {
      std::size_t each = 1;
      if (name == t.state_name.view()) each = std::size_t(t.d), in.state = values.data();
      else if (name == t.time_name.view()) in.time = values.data();
      for (int i = 0; i < t.input_count; i++)
        if (name == t.inputs[i].name.view()) {
          each = std::size_t(t.inputs[i].width) * (t.inputs[i].l == level::dim ? std::size_t(t.d) : 1);
          inputs[std::size_t(i)] = values.data();
        }
      if (values.size() % each)
        throw error("input \"" + std::string(name) + "\" has " + std::to_string(values.size()) +
                    " numbers, which is no multiple of the " + std::to_string(each) + " that a sample has");
      if (!first.empty() && values.size() / each != samples)
        throw error("input \"" + std::string(name) + "\" has " + std::to_string(values.size() / each) + " samples, but input \"" +
                    first + "\" has " + std::to_string(samples));
      samples = values.size() / each;
      first = name;
    };
    (bind(detail::key_of<Pairs>::text.view(), map[boost::hana::first(given)]), ...);
    std::vector<T> constants;
    for (int i = 0; i < t.constant_count; i++) constants.push_back(T(t.constants[i].value));
    in.samples = samples;
    in.inputs = inputs.data();
    in.constants = constants.data();
    in.prepared = prepared;
    results r;
    std::vector<T*> out;
    for (const output_info& o : kernel.outputs()) {
      r.names.push_back(o.name);
      r.values.emplace_back(samples * std::size_t(o.width) * (o.l == level::dim ? std::size_t(t.d) : 1));
      out.push_back(r.values.back().data());
    }
    std::vector<T> workspace(kernel.evaluate_workspace());
    kernel.evaluate(parameters, in, 0, samples, out.data(), workspace.data());
    return r;
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
