#include "client/command/progress.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace concero::command {
namespace {

constexpr size_t kCells = 24;
constexpr absl::Duration kOnTerminal = absl::Milliseconds(100);
constexpr absl::Duration kElsewhere = absl::Seconds(10);
constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

}  // namespace

std::string WithCommas(size_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

Progress::Progress(const Terminal& terminal, size_t total, size_t done)
    : terminal_(terminal), total_(total), before_(done), done_(done) {}

Progress::~Progress() { Finish(); }

void Progress::Add(bool well, absl::Time now) {
  ++done_;
  if (!well) ++failed_;
  if (began_ == absl::InfinitePast()) began_ = shown_ = now;
  const bool on_terminal = terminal_.err_is_terminal();
  if (terminal_.quiet() || now - shown_ < (on_terminal ? kOnTerminal : kElsewhere)) return;
  shown_ = now;
  if (on_terminal) {
    std::cerr << "\r\033[K" << Text(now, terminal_.err_columns()) << std::flush;
    visible_ = true;
  } else {
    terminal_.Say(Text(now, kNoLimit));
  }
}

void Progress::Finish() {
  if (std::exchange(visible_, false)) std::cerr << "\r\033[K" << std::flush;
}

std::string Progress::Text(absl::Time now, size_t columns) const {
  const size_t cells = total_ == 0 ? kCells : kCells * done_ / total_;
  const std::string bar =
      absl::StrCat("[", std::string(cells, '#'), std::string(kCells - cells, '-'), "] ");
  std::string text = absl::StrCat(WithCommas(done_), " of ", WithCommas(total_));
  const double seconds = absl::ToDoubleSeconds(now - began_);
  const double rate = seconds > 0 ? static_cast<double>(done_ - before_) / seconds : 0;
  if (rate > 0)
    absl::StrAppend(&text, ", ", WithCommas(static_cast<size_t>(std::lround(rate))), "/s");
  if (failed_ > 0) absl::StrAppend(&text, ", ", WithCommas(failed_), " without success");
  if (rate > 0 && done_ < total_) {
    const absl::Duration left = absl::Seconds(static_cast<double>(total_ - done_) / rate);
    absl::StrAppend(&text, ", ", absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))), " left");
  }
  if (bar.size() + text.size() < columns) return bar + text;
  if (text.size() >= columns) text.resize(columns - 1);
  return text;
}

}  // namespace concero::command
