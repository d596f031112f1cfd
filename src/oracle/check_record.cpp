// src/oracle/check_record.cpp: records of `check` as lines of text.
#include "../../include/dimwise/oracle/check_record.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

namespace dimwise {
namespace {

constexpr const char* gradient_of = "gradient of ";
constexpr std::size_t most_lines = 40;  ///< more are put together by name

bool is_gradient(const check_record& r) { return r.quantity.rfind(gradient_of, 0) == 0; }

std::string padded(std::string s, std::size_t width) {
  if (s.size() < width) s.append(width - s.size(), ' ');
  return s;
}

std::string line(const check_record& r, std::size_t name_width, std::size_t quantity_width, const std::string& quantity) {
  char figures[80];
  std::snprintf(figures, sizeof figures, "%8.1e  (bound %.0e)", r.max_relative_error, r.bound);
  std::string text = padded(r.ok ? "ok" : "BROKEN", 8) + padded(r.name, name_width) + "  " + padded(quantity, quantity_width) +
                     "  " + padded(r.precision, 6) + "  " + figures;
  if (!r.where.empty()) text += "  " + r.where;
  return text;
}

std::string shown_quantity(const check_record& r) { return r.order ? r.quantity + "^" + std::to_string(r.order) : r.quantity; }

}  // namespace

bool all_ok(const std::vector<check_record>& records) {
  return std::all_of(records.begin(), records.end(), [](const check_record& r) { return r.ok; });
}

std::string to_text(const check_record& r) { return line(r, 16, 12, shown_quantity(r)); }

std::string to_text(const std::vector<check_record>& records) {
  struct shown {
    const check_record* record;
    std::string quantity;
    std::size_t tensors = 0;  ///< gradients by so many are this line
    std::size_t others = 0;   ///< quantities of the same name that are this line, too
  };
  std::vector<shown> lines;
  std::map<std::pair<std::string, std::string>, std::size_t> gradients;
  for (const check_record& r : records) {
    if (!is_gradient(r) || !r.ok) {
      lines.push_back({&r, shown_quantity(r), 0});
      continue;
    }
    const auto [it, first] = gradients.try_emplace({r.name, r.precision}, lines.size());
    if (first) lines.push_back({&r, "gradient", 0});
    auto& group = lines[it->second];
    group.tensors++;
    if (r.max_relative_error > group.record->max_relative_error) group.record = &r;
  }
  if (lines.size() > most_lines) {
    // one line for each name and precision; what is broken stays by itself
    std::vector<shown> fewer;
    std::map<std::pair<std::string, std::string>, std::size_t> names;
    for (const auto& l : lines) {
      if (!l.record->ok) {
        fewer.push_back(l);
        continue;
      }
      const auto [it, first] = names.try_emplace({l.record->name, l.record->precision}, fewer.size());
      if (first) {
        fewer.push_back(l);
        continue;
      }
      shown& group = fewer[it->second];
      const std::size_t others = group.others + 1;
      const auto share = [](const check_record& r) { return r.bound > 0 ? r.max_relative_error / r.bound : 0.0; };
      if (share(*l.record) > share(*group.record)) group = l;
      group.others = others;
    }
    lines = std::move(fewer);
  }
  std::size_t name_width = 0, quantity_width = 0, broken = 0;
  for (const auto& l : lines) {
    name_width = std::max(name_width, l.record->name.size());
    quantity_width = std::max(quantity_width, l.quantity.size());
  }
  std::string text;
  for (const auto& l : lines) {
    text += line(*l.record, name_width, quantity_width, l.quantity);
    if (l.tensors)
      text +=
          ", worst of " + std::to_string(l.tensors) + " tensors: " + l.record->quantity.substr(std::string(gradient_of).size());
    if (l.others) text += ", nearest to its bound of " + std::to_string(l.others + 1) + " quantities";
    text += "\n";
  }
  for (const check_record& r : records) broken += !r.ok;
  text += std::to_string(records.size()) + " quantities checked, " + std::to_string(broken) + " broken\n";
  return text;
}

}  // namespace dimwise
