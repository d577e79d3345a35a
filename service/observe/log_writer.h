// Lines to stderr: written by whoever has one, or by a thread of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::observe {

/// Writes `line` and an end of line. Without WriteLinesInBackground it blocks for as long as
/// stderr does; with it never, and the oldest line that waits is lost when too many do.
/// Thread safety: any thread.
void WriteLine(absl::string_view line);

/// From now on at most `max_waiting` lines wait for a thread that this makes and that lives as long
/// as the process; those of some 2 ms are written at once. When lines were lost, it writes
/// `tell(how many)` behind the next one. Once, at the start, by one thread.
void WriteLinesInBackground(size_t max_waiting, std::function<std::string(uint64_t)> tell);

/// Waits until all lines so far are written, `patience` at the longest. False: some are not.
/// Thread safety: any thread.
bool FlushLines(absl::Duration patience);

/// How many lines were lost so far. Thread safety: any thread.
uint64_t LinesLost();

}  // namespace gw::observe
