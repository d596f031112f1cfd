// training/progress.hpp: what a training run tells while it runs.
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>

namespace dimwise {

/// One report of a run.
struct progress_step {
  std::string stage;
  int stage_number = 0, stages = 1;
  std::uint64_t step = 0, steps = 1;  ///< in the stage
  double loss = 0;                    ///< running mean since the last report
  double validation = 0;              ///< latest; NaN before the first
  double rate = 0;
  double seconds = 0;       ///< since the run started
  double seconds_left = 0;  ///< of all stages, estimated
};

/// Receives reports; this one is silent.
class progress {
 public:
  virtual ~progress() = default;
  virtual void report(const progress_step&) {}
  /// A stage has ended.
  virtual void stage_end(const progress_step&) {}
  /// A sentence.
  virtual void note(const std::string&) {}
};

/// A bar that is redrawn on a terminal (at most 5 times a second), a plain line every few seconds otherwise.
class console_progress : public progress {
 public:
  explicit console_progress(std::FILE* out = stderr, double plain_interval = 5);
  void report(const progress_step&) override;
  void stage_end(const progress_step&) override;
  void note(const std::string&) override;

 private:
  void draw(const progress_step&, bool last);
  std::FILE* out_;
  bool terminal_, open_ = false;
  double interval_, last_ = -1e300;
};

}  // namespace dimwise
