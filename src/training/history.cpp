// training/history.cpp: rows of losses as lines of text.
#include <dimwise/training/history.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>

namespace dimwise {
namespace {

constexpr const char* fixed_columns[] = {"stage", "step", "rate", "loss", "validation", "seconds"};

std::string number(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

double value_of(const std::string& text) {
  if (text.empty()) return std::nan("");
  try {
    return std::stod(text);
  } catch (const std::exception&) {
    return std::nan("");
  }
}

}  // namespace

history::history(const table& recording, std::string path) : path_(std::move(path)) {
  for (int i = 0; i < recording.objective_count; i++) names_.emplace_back(recording.objectives[i].name.view());
}

std::string history::header() const {
  std::string text;
  for (const char* c : fixed_columns) text += (text.empty() ? "" : ",") + std::string(c);
  for (const auto& n : names_) text += ",objective." + n;
  return text + "\n";
}

std::string history::line(const history_row& row) const {
  std::string text = std::to_string(row.stage) + "," + std::to_string(row.step) + "," + number(row.rate) + "," +
                     number(row.loss) + "," + number(row.validation) + "," + number(row.seconds);
  for (const double v : row.objectives) text += "," + number(v);
  return text + "\n";
}

void history::begin() {
  rows_.clear();
  if (!path_.empty()) write_file_atomically(path_, header());
}

void history::resume(int stage, std::uint64_t step) {
  rows_.clear();
  if (path_.empty()) return;
  std::string text = header();
  if (file_exists(path_)) {
    std::string kept = read_file(path_);
    kept.erase(kept.rfind('\n') == kept.npos ? 0 : kept.rfind('\n') + 1);  // a line that a kill cut off
    if (kept.compare(0, text.size(), text) == 0) {
      std::size_t at = text.size();
      while (at < kept.size()) {
        const std::size_t end = kept.find('\n', at);
        std::vector<std::string> fields(1);
        for (const char c : kept.substr(at, end - at)) {
          if (c == ',') fields.emplace_back();
          else fields.back() += c;
        }
        at = end + 1;
        if (fields.size() != std::size(fixed_columns) + names_.size()) continue;
        history_row row;
        row.stage = int(value_of(fields[0]));
        row.step = std::uint64_t(value_of(fields[1]));
        if (row.stage > stage || (row.stage == stage && row.step > step)) continue;
        row.rate = value_of(fields[2]);
        row.loss = value_of(fields[3]);
        row.validation = value_of(fields[4]);
        row.seconds = value_of(fields[5]);
        for (std::size_t i = std::size(fixed_columns); i < fields.size(); i++) row.objectives.push_back(value_of(fields[i]));
        text += line(row);
        rows_.push_back(std::move(row));
      }
    }
  }
  write_file_atomically(path_, text);
}

void history::add(const history_row& row) {
  rows_.push_back(row);
  if (path_.empty()) return;
  std::ofstream out(path_, std::ios::app);
  out << line(row) << std::flush;
  if (!out) throw error("cannot write '" + path_ + "'; is the disk full?");
}

}  // namespace dimwise
