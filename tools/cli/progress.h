#pragma once
// Progress of long work on standard error: one line with bar and remaining time, rewritten,
// on a terminal; a plain line every few seconds elsewhere, so that logs stay readable.

#include <chrono>
#include <cstdint>
#include <string>

namespace palimpsest::tools {

enum class ProgressStyle { automatic, bar, plain, none };

/// "auto", "bar", "plain" or "none". Throws UsageError.
ProgressStyle parse_progress_style(const std::string& word);

class Progress {
 public:
  /// `first` is where a resumed run begins: remaining time is judged by what this run did.
  Progress(ProgressStyle style, std::string label, std::int64_t total, std::int64_t first = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows the state when it is time to; cheap otherwise.
  void update(std::int64_t done, const std::string& detail);
  /// True when update would show something now: to avoid making `detail` in vain.
  bool due() const;
  /// Leaves the cursor on a fresh line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(std::int64_t done, const std::string& detail) const;

  ProgressStyle style_;
  std::string label_;
  std::int64_t total_, first_;
  Clock::time_point start_, shown_;
  bool line_open_ = false;
};

}  // namespace palimpsest::tools
