// training/progress.cpp: one line of text that is redrawn or repeated.
#include <dimwise/training/progress.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace dimwise {
namespace {

std::string duration(double seconds) {
  const long s = long(std::max(0.0, std::min(seconds, 1e9)) + 0.5);
  char text[48];
  if (s < 60) std::snprintf(text, sizeof text, "%ld s", s);
  else if (s < 3600) std::snprintf(text, sizeof text, "%ld min %02ld s", s / 60, s % 60);
  else std::snprintf(text, sizeof text, "%ld h %02ld min", s / 3600, s / 60 % 60);
  return text;
}

std::string figures(const progress_step& p) {
  char text[192];
  int n = std::snprintf(text, sizeof text, "loss %.5g", p.loss);
  if (!std::isnan(p.validation)) n += std::snprintf(text + n, sizeof text - std::size_t(n), "  validation %.5g", p.validation);
  std::snprintf(text + n, sizeof text - std::size_t(n), "  rate %.2g", p.rate);
  return text;
}

std::string stage_name(const progress_step& p) {
  std::string name = p.stage.empty() ? "training" : p.stage;
  if (p.stages > 1) name += " (" + std::to_string(p.stage_number + 1) + " of " + std::to_string(p.stages) + ")";
  return name;
}

}  // namespace

console_progress::console_progress(std::FILE* out, double plain_interval)
    : out_(out), terminal_(::isatty(::fileno(out)) == 1), interval_(terminal_ ? 0.2 : plain_interval) {}

void console_progress::draw(const progress_step& p, bool last) {
  const double done = p.steps ? std::min(1.0, double(p.step) / double(p.steps)) : 1;
  const std::string left = last ? duration(p.seconds) : duration(p.seconds_left) + " left";
  if (!terminal_) {
    std::fprintf(out_, "%s: step %llu of %llu  %s  %s\n", stage_name(p).c_str(), static_cast<unsigned long long>(p.step),
                 static_cast<unsigned long long>(p.steps), figures(p).c_str(), left.c_str());
  } else {
    constexpr int width = 24;
    const int full = int(done * width);
    const std::string bar = std::string(std::size_t(full), '#') + std::string(std::size_t(width - full), '.');
    std::fprintf(out_, "\r%s [%s] %3.0f %%  %s  %s\x1b[K%s", stage_name(p).c_str(), bar.c_str(), 100 * done, figures(p).c_str(),
                 left.c_str(), last ? "\n" : "");
    open_ = !last;
  }
  std::fflush(out_);
}

void console_progress::report(const progress_step& p) {
  if (p.seconds < last_ + interval_ && p.seconds >= last_) return;
  last_ = p.seconds;
  draw(p, false);
}

void console_progress::stage_end(const progress_step& p) { draw(p, true); }

void console_progress::note(const std::string& sentence) {
  std::fprintf(out_, "%s%s\n", open_ ? "\n" : "", sentence.c_str());
  open_ = false;
  std::fflush(out_);
}

}  // namespace dimwise
