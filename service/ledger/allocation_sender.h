// Who sends an allocation to the upstream, as the ledger sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/ledger/state_machine.h"
#include "service/observe/call_record.h"

namespace gw::ledger {

/// How sending ended.
struct Sent {
  Outcome::Verdict verdict = Outcome::Verdict::kInDoubt;
  int64_t invite_id = 0;    ///< Of kSucceeded.
  std::string invite_link;  ///< Of kSucceeded.
  /// OK exactly when kSucceeded; without request_id.
  absl::Status status = absl::UnknownError("the sender was dropped");
};

/// Thread safety: Send may be called from any thread.
class AllocationSender {
 public:
  virtual ~AllocationSender() = default;

  struct Departure {
    /// Asked in the last instant before bytes leave (http::Request::before_send). False: nothing
    /// leaves, and the verdict is kNotExecuted.
    std::function<bool()> may_leave;
    /// Nobody who waits now has any use for it when it leaves later.
    Instant start_by = Instant::Never();
    /// Stopped when nobody wants it any more, as long as it has not left.
    std::stop_token cancel;
    /// May be null.
    observe::CallRecordPtr record;
  };

  /// OK, or why what is sent now would be refused at once for want of a place. Asked before
  /// anything is recorded, so that a flood costs the ledger nothing.
  /// `start_by` as in Departure; `ahead`: how many have been let in before and are not sent yet.
  virtual absl::Status HasRoom(Instant /*start_by*/, size_t /*ahead*/) const {
    return absl::OkStatus();
  }

  /// Sends it, at most once. Once it has left it ends by the upstream's timeout. `done` is told
  /// once, on any thread.
  virtual void Send(int64_t examination_id, const std::string& candidate_email, Departure departure,
                    Once<Sent> done) = 0;
};

}  // namespace gw::ledger

namespace gw {

/// Nobody knows what became of it.
template <>
struct AbandonedValue<ledger::Sent> {
  static ledger::Sent Get() { return {}; }
};

}  // namespace gw
