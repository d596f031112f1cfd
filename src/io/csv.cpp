// io/csv.cpp: one pass over the text of a CSV file.
#include <dimwise/io/csv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>

namespace dimwise {
namespace {

// Splits text into records of fields; a field is trimmed unless it is quoted.
class csv_reader {
 public:
  csv_reader(const std::string& path, std::string_view text) : path_(path), text_(text) {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") text_.remove_prefix(3);
    const std::string_view first = text_.substr(0, text_.find('\n'));
    if (first.find(',') == first.npos) {
      if (first.find(';') != first.npos) separator_ = ';';
      else if (first.find('\t') != first.npos) separator_ = '\t';
    }
  }

  // Whether there was one more record; blank lines are not.
  bool next(std::vector<std::string>& fields, std::size_t& line) {
    while (at_ < text_.size()) {
      line = line_;
      fields.clear();
      record(fields);
      if (fields.size() > 1 || !fields[0].empty()) return true;
    }
    return false;
  }

  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw error("cannot read '" + path_ + "', line " + std::to_string(line) + ": " + what);
  }

 private:
  void record(std::vector<std::string>& fields) {
    while (true) {
      fields.push_back(field());
      if (at_ == text_.size()) return;
      if (text_[at_++] == '\n') {
        line_++;
        return;
      }
    }
  }

  // Stops at a separator, a line's end or the end.
  std::string field() {
    std::size_t begin = at_;
    while (begin < text_.size() && text_[begin] == ' ') begin++;
    if (begin < text_.size() && text_[begin] == '"') {
      at_ = begin + 1;
      return quoted();
    }
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') at_++;
    std::string_view f = text_.substr(begin, std::max(at_, begin) - begin);
    while (!f.empty() && (f.back() == ' ' || f.back() == '\r')) f.remove_suffix(1);
    return std::string(f);
  }

  std::string quoted() {
    const std::size_t opened = line_;
    std::string f;
    while (true) {
      if (at_ == text_.size()) fail(opened, "a quote is opened and never closed");
      const char c = text_[at_++];
      if (c == '\n') line_++;
      if (c != '"') f += c;
      else if (at_ < text_.size() && text_[at_] == '"') f += text_[at_++];
      else break;
    }
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\r')) at_++;
    if (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n')
      fail(line_, "text follows a closing quote; write \"\" for a quote inside quotes");
    return f;
  }

  const std::string& path_;
  std::string_view text_;
  char separator_ = ',';
  std::size_t at_ = 0, line_ = 1;
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& n : names) text += (text.empty() ? "'" : ", '") + n + "'";
  return text;
}

}  // namespace

csv_file::csv_file(const std::string& path) : path_(path) {
  const std::string text = read_file(path);
  csv_reader reader(path, text);
  std::vector<std::string> fields;
  std::size_t line = 1;
  if (!reader.next(fields, line)) throw error("cannot read '" + path + "': it is empty; its first line must name the columns");
  names_ = fields;
  for (std::size_t i = 0; i < names_.size(); i++)
    if (std::find(names_.begin(), names_.begin() + std::ptrdiff_t(i), names_[i]) != names_.begin() + std::ptrdiff_t(i))
      reader.fail(line, "two columns are called '" + names_[i] + "'");
  while (reader.next(fields, line)) {
    if (fields.size() != names_.size())
      reader.fail(line, "it has " + std::to_string(fields.size()) + " fields, and the first line names " +
                            std::to_string(names_.size()) + " columns");
    for (auto& f : fields) cells_.push_back(std::move(f));
    lines_.push_back(line);
  }
}

bool csv_file::has(const std::string& name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

std::size_t csv_file::column(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) throw error("'" + path_ + "' has no column '" + name + "'; its columns are " + listed(names_));
  return std::size_t(found - names_.begin());
}

std::vector<double> csv_file::numbers(const std::string& name) const {
  const std::size_t c = column(name);
  std::vector<double> values(rows());
  for (std::size_t r = 0; r < values.size(); r++) {
    const std::string& cell = text(r, c);
    const char* begin = cell.data() + (!cell.empty() && cell[0] == '+');
    const auto [end, failed] = std::from_chars(begin, cell.data() + cell.size(), values[r]);
    if (failed != std::errc() || end != cell.data() + cell.size() || !std::isfinite(values[r]))
      throw error("'" + path_ + "', line " + std::to_string(lines_[r]) + ", column '" + name +
                  "': " + (cell.empty() ? "the field is empty" : "'" + cell + "' is not a finite number"));
  }
  return values;
}

void write_csv(const std::string& path, const std::vector<std::string>& names, const std::vector<double>& values) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); i++) text += (i ? "," : "") + names[i];
  text += '\n';
  char number[32];
  for (std::size_t i = 0; i < values.size(); i++) {
    text.append(number, std::to_chars(number, number + sizeof number, values[i]).ptr);
    text += (i + 1) % names.size() ? ',' : '\n';
  }
  write_file_atomically(path, text);
}

}  // namespace dimwise
