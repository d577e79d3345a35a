// Tells a loop thread that does not get on from one that has much to do.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::app {

/// What the kernel says of a thread. Thread safety: a value.
struct ThreadUse {
  /// It sleeps at this moment.
  bool rests = false;
  /// Since it began; in steps of a hundredth of a second.
  absl::Duration processor_time;
};

/// Of the thread `number` of this process; none: it cannot be told. Thread safety: any thread.
std::optional<ThreadUse> UseOf(pid_t number);

/// Of the text of a file `stat` (proc(5)); none: it is not one. Thread safety: pure.
std::optional<ThreadUse> ParseThreadStat(absl::string_view text);

/// One thread, looked at several times a second. A turn of a thread that is well takes some
/// milliseconds of the processor, and it rests when it has nothing to do. How long it takes by the
/// clock says nothing, on a machine that others use. Thread safety: none.
class TurnWatch {
 public:
  enum class Pace {
    kWell,
    /// It used 0.2 s of processor time without a rest, in no more than three turns: worth to
    /// remember how things are.
    kSlow,
    /// Likewise, a second.
    kHeldUp,
  };

  /// It has begun `turns` turns, and used so much.
  Pace Seen(uint64_t turns, const ThreadUse& use);

  /// Held up no more, until it is again.
  void BeginAnew() { known_ = false; }

 private:
  bool known_ = false;  // what follows
  uint64_t turns_ = 0;
  absl::Duration used_;
};

}  // namespace gw::app
