// How much of their answers the transfers of a loop read before others have their turn.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <vector>

namespace gw::http {

/// libcurl reads an answer for as long as there is something to read, within one call: a list of
/// megabytes would hold up the calls and transfers of its thread for milliseconds (lib/transfer.c,
/// readwrite_data, and EXPIRE_RUN_NOW in lib/multi.c of 7.88). So whoever reads when the turn's
/// bytes are used up is paused until the next turn.
///
/// Thread safety: none; of the loop's thread.
class ReadingTurn {
 public:
  static constexpr size_t kBytes = size_t{64} << 10;

  /// `easy` has read so much more, and has kept it. For its write function.
  void Count(CURL* easy, size_t bytes);

  /// Begins the next turn: those that were paused go on. Whether there were any. Adds to `refused`
  /// those whose write function did not take what was kept: libcurl does not go on with them, nor
  /// tell of their end.
  bool Next(std::vector<CURL*>& refused);

  /// `easy` ends, perhaps while it is paused.
  void Forget(CURL* easy);

 private:
  size_t read_ = 0;
  std::vector<CURL*> paused_;
};

}  // namespace gw::http
