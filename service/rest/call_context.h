// Who waits for a call, and for how long.
#pragma once

#include <stop_token>

#include "service/base/clock.h"
#include "service/observe/call_record.h"

namespace gw::rest {

struct CallContext {
  /// When the caller gives up; Never: as long as the upstream's own timeout allows.
  Instant deadline = Instant::Never();
  /// Stopped when the caller cancels.
  std::stop_token cancel;
  /// For what is logged of the call; null: nothing is known of it.
  observe::CallRecordPtr record = nullptr;
};

}  // namespace gw::rest
