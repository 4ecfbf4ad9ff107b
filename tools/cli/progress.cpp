#include "tools/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "tools/cli/console.h"
#include "tools/cli/exit_code.h"

namespace palimpsest::tools {
namespace {

using namespace std::chrono_literals;

ProgressStyle resolved(ProgressStyle style) {
  if (style != ProgressStyle::automatic) return style;
  return isatty(STDERR_FILENO) ? ProgressStyle::bar : ProgressStyle::plain;
}

std::string bar(double share) {
  constexpr int width = 24;
  const int filled = static_cast<int>(share * width);
  return text('[', std::string(static_cast<std::size_t>(filled), '#'),
              std::string(static_cast<std::size_t>(width - filled), '.'), "] ");
}

}  // namespace

ProgressStyle parse_progress_style(const std::string& word) {
  if (word == "auto") return ProgressStyle::automatic;
  if (word == "bar") return ProgressStyle::bar;
  if (word == "plain") return ProgressStyle::plain;
  if (word == "none") return ProgressStyle::none;
  throw UsageError(text("--progress: auto, bar, plain or none expected, '", word, "' came"));
}

Progress::Progress(ProgressStyle style, std::string label, std::int64_t total, std::int64_t first)
    : style_(resolved(style)),
      label_(std::move(label)),
      total_(std::max<std::int64_t>(total, 1)),
      first_(first),
      start_(Clock::now()),
      shown_(start_) {}

Progress::~Progress() { finish(); }

bool Progress::due() const {
  if (style_ == ProgressStyle::none) return false;
  return Clock::now() - shown_ >= (style_ == ProgressStyle::bar ? Clock::duration(100ms) : 10s);
}

std::string Progress::line(std::int64_t done, const std::string& detail) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const auto here = static_cast<double>(std::max<std::int64_t>(done - first_, 1));
  const double remaining = seconds / here * static_cast<double>(total_ - done);
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const bool with_bar = style_ == ProgressStyle::bar;
  return text(label_, ' ', with_bar ? bar(std::clamp(share, 0.0, 1.0)) : "", done, "/", total_,
              "  ", detail, "  ", readable_number(here / std::max(seconds, 1e-9), 3), " it/s  ",
              readable_seconds(remaining), " left");
}

void Progress::update(std::int64_t done, const std::string& detail) {
  if (!due()) return;
  shown_ = Clock::now();
  if (style_ == ProgressStyle::bar) {
    std::cerr << '\r' << line(done, detail) << "\033[K" << std::flush;
    line_open_ = true;
  } else {
    std::cerr << line(done, detail) << '\n';
  }
}

void Progress::finish() {
  if (line_open_) std::cerr << '\n';
  line_open_ = false;
}

}  // namespace palimpsest::tools
