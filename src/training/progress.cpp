// training/progress.cpp: one line of text that is redrawn or repeated.
#include <dimwise/training/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace dimwise {
namespace {

int columns(std::FILE* out) {
  winsize size{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration(double seconds) {
  const long s = long(std::max(0.0, std::min(seconds, 1e9)) + 0.5);
  char text[48];
  if (s < 60) std::snprintf(text, sizeof text, "%ld s", s);
  else if (s < 3600) std::snprintf(text, sizeof text, "%ld min %02ld s", s / 60, s % 60);
  else std::snprintf(text, sizeof text, "%ld h %02ld min", s / 3600, s / 60 % 60);
  return text;
}

// detail 0: the loss; 1: and the rate; 2: and the validation loss.
std::string figures(const progress_step& p, int detail) {
  char text[64];
  std::snprintf(text, sizeof text, "loss %.5g", p.loss);
  std::string all = text;
  if (detail > 1 && !std::isnan(p.validation)) {
    std::snprintf(text, sizeof text, "  validation %.5g", p.validation);
    all += text;
  }
  if (detail > 0) {
    std::snprintf(text, sizeof text, "  rate %.2g", p.rate);
    all += text;
  }
  return all;
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
  const std::string name = stage_name(p);
  std::string numbers = figures(p, 2);
  const std::string left = last ? duration(p.seconds) : duration(p.seconds_left) + " left";
  if (!terminal_) {
    std::fprintf(out_, "%s: step %llu of %llu  %s  %s\n", name.c_str(), static_cast<unsigned long long>(p.step),
                 static_cast<unsigned long long>(p.steps), numbers.c_str(), left.c_str());
  } else {
    // A line that wraps cannot be redrawn: the bar gives way first, then figures, then the end of the text.
    const int room = columns(out_) - 1, fixed = int(name.size() + left.size()) + 13;
    for (int detail = 1; detail >= 0 && fixed + int(numbers.size()) + 8 > room; detail--) numbers = figures(p, detail);
    const int width = std::max(0, std::min(24, room - fixed - int(numbers.size())));
    const double done = p.steps ? std::min(1.0, double(p.step) / double(p.steps)) : 1;
    const int full = int(done * width);
    char percent[16];
    std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * done);
    std::string line = name + " [" + std::string(std::size_t(full), '#') + std::string(std::size_t(width - full), '.') + "] " +
                       percent + "  " + numbers + "  " + left;
    line.resize(std::min(line.size(), std::size_t(std::max(room, 1))));
    std::fprintf(out_, "\r%s\x1b[K%s", line.c_str(), last ? "\n" : "");
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
