// How far it is, for whoever looks at stderr.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "client/command/terminal.h"

namespace concero::command {

/// `[#####-------] 2,431 of 5,000, 48/s, 12 without success, 53s left`, ten times a second at most,
/// and never longer than a line; on what is no terminal, a line every ten seconds. Quiet: nothing.
/// Thread safety: none.
class Progress {
 public:
  /// `done` of `total` are behind us.
  Progress(const Terminal& terminal, size_t total, size_t done);
  ~Progress();
  void Add(bool well, absl::Time now);
  /// Takes the bar away.
  void Finish();

  /// The bar alone; in less than `columns` by leaving out the bar, then what comes last.
  std::string Text(absl::Time now, size_t columns) const;

 private:
  const Terminal& terminal_;
  const size_t total_, before_;
  size_t done_;
  size_t failed_ = 0;
  absl::Time began_ = absl::InfinitePast();
  absl::Time shown_ = absl::InfinitePast();
  bool visible_ = false;
};

/// `12,345`. Thread safety: pure.
std::string WithCommas(size_t number);

}  // namespace concero::command
