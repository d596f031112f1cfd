// training/data_sets.cpp: splits, pairs of rows, and the fit of the transform.
#include <dimwise/training/data_sets.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>

#include "data_hash.hpp"

namespace dimwise {
namespace {

bool takes_rows(const sample_set& set) { return set.source == sample_source::file || set.source == sample_source::transitions; }

std::string quoted(const short_name& name) { return "'" + std::string(name.view()) + "'"; }

bool has_input(const table& recording, std::string_view name) {
  for (int i = 0; i < recording.input_count; i++)
    if (recording.inputs[i].name.view() == name) return true;
  return false;
}

std::vector<std::uint8_t> hold_out(const data_rows& rows, const validation_split& split) {
  std::vector<std::uint8_t> held(rows.rows, 0);
  switch (split.how) {
    case validation_split::by::none: break;
    case validation_split::by::fraction: {
      if (!(split.fraction >= 0 && split.fraction < 1))
        throw error("the fraction of validation rows must be at least 0 and below 1");
      const std::size_t count = std::size_t(split.fraction * double(rows.rows) + 0.5);
      const auto order = stream(split.seed, "validation").permutation(0, rows.rows);
      for (std::size_t i = 0; i < count; i++) held[order[i]] = 1;
      break;
    }
    case validation_split::by::clock:
      for (std::size_t r = 0; r < rows.rows; r++) held[r] = rows.clock_at(r) >= split.from && rows.clock_at(r) < split.until;
      break;
    case validation_split::by::rows:
      for (std::size_t r = split.first_row; r < std::min(split.last_row, rows.rows); r++) held[r] = 1;
      break;
  }
  return held;
}

// Whether rows r and r + 1 follow each other on one path, and by how much the clock advances.
bool follows(const data_rows& rows, std::size_t r, double& increment) {
  if (r + 1 >= rows.rows || (!rows.path.empty() && rows.path[r] != rows.path[r + 1])) return false;
  increment = rows.clock_at(r + 1) - rows.clock_at(r);
  return true;
}

void pair_up(bound_set& set, bool any_increment, const std::string& name) {
  const data_rows& rows = set.data;
  double smallest = std::numeric_limits<double>::infinity(), h = 0;
  for (std::size_t r = 0; r < rows.rows; r++)
    if (follows(rows, r, h) && h > 0) smallest = std::min(smallest, h);
  if (!std::isfinite(smallest))
    throw error("set " + name + ": " + rows.origin +
                " has no two consecutive rows that go forward in time; sort the rows by path and time");
  for (std::size_t r = 0; r < rows.rows; r++) {
    if (!follows(rows, r, h)) continue;
    if (!(h > 0) || (!any_increment && h > smallest * (1 + 1e-6))) {
      set.left_out++;
      continue;
    }
    if (set.held_out[r + 1]) set.validation.push_back(std::uint32_t(r));
    else if (!set.held_out[r]) set.training.push_back(std::uint32_t(r));
  }
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

int set_index(const table& recording, std::string_view name) {
  std::string known;
  for (int i = 0; i < recording.set_count; i++) {
    if (recording.sets[i].name.view() == name) return i;
    known += (i ? ", " : "") + quoted(recording.sets[i].name);
  }
  throw error("the model has no sample set '" + std::string(name) + "'; " +
              (known.empty() ? "it has none" : "its sets are " + known));
}

data_sets::data_sets(const table& recording)
    : recording_(recording), sets_(std::size_t(recording.set_count)), transform_(recording.d) {}

void data_sets::bind(std::string_view name, data_rows rows, const validation_split& split) {
  const int i = set_index(recording_, name);
  if (!takes_rows(recording_.sets[i]))
    throw error("the sample set " + quoted(recording_.sets[i].name) + " is drawn at random and takes no data");
  require_valid_rows(recording_, rows);
  bound_set set;
  set.bound = true;
  set.held_out = hold_out(rows, split);
  set.split = split;
  set.data = std::move(rows);
  set.data.inputs.resize(std::size_t(recording_.input_count));
  set.data.absent.resize(std::size_t(recording_.input_count));
  sets_[std::size_t(i)] = std::move(set);
}

void data_sets::bind(std::string_view name, data_rows training, const data_rows& validation) {
  require_valid_rows(recording_, training);
  require_valid_rows(recording_, validation);
  const std::size_t first = training.rows;
  training.inputs.resize(std::size_t(recording_.input_count));
  for (std::size_t i = 0; i < training.inputs.size(); i++) {
    const bool given = i < validation.inputs.size() && !validation.inputs[i].empty();
    if (given != !training.inputs[i].empty())
      throw error("the input '" + std::string(recording_.inputs[i].name.view()) + "' is given in only one of " + training.origin +
                  " and " + validation.origin);
    if (given) append(training.inputs[i], validation.inputs[i]);
  }
  if (training.clock.empty() != validation.clock.empty())
    throw error("clock times are given in only one of " + training.origin + " and " + validation.origin);
  std::int64_t last = 0;
  if (training.path.empty()) training.path.assign(first, 0);
  for (const auto p : training.path) last = std::max(last, p);
  for (std::size_t r = 0; r < validation.rows; r++)
    training.path.push_back(last + 1 + (validation.path.empty() ? 0 : validation.path[r]));
  append(training.state, validation.state);
  append(training.time, validation.time);
  append(training.clock, validation.clock);
  training.rows += validation.rows;
  validation_split split;
  split.how = validation_split::by::rows;
  split.first_row = first;
  split.last_row = training.rows;
  bind(name, std::move(training), split);
}

void data_sets::bind_rest(const data_rows& rows, const validation_split& split) {
  for (const auto& name : unbound()) bind(name, rows, split);
}

void data_sets::keep_transform(const fitted_transform& transform) {
  transform_ = transform;
  kept_ = true;
}

std::vector<std::string> data_sets::unbound() const {
  std::vector<std::string> names;
  for (int i = 0; i < recording_.set_count; i++)
    if (takes_rows(recording_.sets[i]) && !sets_[std::size_t(i)].bound) names.emplace_back(recording_.sets[i].name.view());
  return names;
}

void data_sets::prepare() {
  const std::size_t d = std::size_t(recording_.d);
  bool fitted = kept_ || recording_.transform.what == transform::none;
  if (!fitted) transform_ = fitted_transform(recording_.d);
  for (std::size_t i = 0; i < sets_.size() && !fitted; i++) {
    const bound_set& set = sets_[i];
    if (!set.bound || set.data.state.empty()) continue;
    std::vector<double> state, time;
    for (std::size_t r = 0; r < set.data.rows; r++) {
      if (set.held_out[r]) continue;
      state.insert(state.end(), &set.data.state[r * d], &set.data.state[r * d] + d);
      if (!set.data.time.empty()) time.push_back(set.data.time[r]);
    }
    const std::size_t rows = state.size() / d;
    try {
      transform_ =
          fitted_transform::fit(recording_.transform, recording_.d, rows, state.data(), time.empty() ? nullptr : time.data());
    } catch (const error& e) {
      throw error("set " + quoted(recording_.sets[i].name) + ", " + set.data.origin + ": " + e.what());
    }
    fitted = true;
  }
  for (std::size_t i = 0; i < sets_.size(); i++) {
    bound_set& set = sets_[i];
    if (!set.bound) continue;
    const std::string name = quoted(recording_.sets[i].name);
    set.state.resize(set.data.state.size());
    if (!set.state.empty())
      transform_.to_model(set.data.rows, set.data.time.empty() ? nullptr : set.data.time.data(), set.data.state.data(),
                          set.state.data());
    set.training.clear();
    set.validation.clear();
    set.left_out = 0;
    if (recording_.sets[i].source == sample_source::transitions) {
      pair_up(set, has_input(recording_, "step"), name);
    } else {
      for (std::size_t r = 0; r < set.data.rows; r++)
        (set.held_out[r] ? set.validation : set.training).push_back(std::uint32_t(r));
    }
    if (set.training.empty())
      throw error("set " + name + ": no samples of " + set.data.origin +
                  " are left for training; hold out fewer rows for validation");
  }
}

std::uint64_t data_sets::fingerprint() const {
  using detail::mix;
  std::uint64_t hash = 1;
  for (const bound_set& set : sets_) {
    hash = mix(hash, set.data.state);
    hash = mix(hash, set.data.time);
    hash = mix(hash, set.data.clock);
    hash = mix(hash, set.data.path);
    hash = mix(hash, set.held_out);
    for (const auto& i : set.data.inputs) hash = mix(hash, i);
  }
  return hash;
}

}  // namespace dimwise
