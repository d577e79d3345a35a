// Sends an allocation, at most once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/timer.h"
#include "service/concero/allocation_outcome.h"
#include "service/concero/call_context.h"
#include "service/http/transport.h"

namespace gw::concero {

/// An allocation has two lives. Until the instant its first byte may leave, the caller's deadline
/// and cancel end it and nothing was sent. From then on nobody can take it back: a caller who stops
/// waiting is told ALLOCATION_IN_DOUBT, while the request goes on, bound by the upstream's timeout
/// alone, and its outcome is logged.
///
/// Repeats are not recognised here: two calls are two allocations.
///
/// Thread safety: Allocate may be called from any thread.
class Allocator {
 public:
  struct Options {
    /// A kept connection idle for longer is not used, see http::Request::max_idle.
    absl::Duration max_idle = absl::Seconds(2);
    /// Not sent when the caller's deadline is nearer than this.
    absl::Duration min_time = absl::Seconds(1);
    /// See AllocationAsked::distrust_envelope.
    bool distrust_envelope = false;
  };

  /// All references outlive it and every call.
  Allocator(http::Transport& transport, Timer& timer, Clock& clock, Options options)
      : transport_(transport), timer_(timer), clock_(clock), options_(options) {}

  /// Allocates the valid `candidate_email` to `examination_id`. `done` is told once: the answer, or
  /// a status of JudgeAllocation's, or DEADLINE_EXCEEDED / CANCELLED with nothing sent. Statuses
  /// carry no request_id.
  void Allocate(int64_t examination_id, std::string candidate_email, const CallContext& context,
                Once<absl::StatusOr<AllocationAnswer>> done);

 private:
  http::Transport& transport_;
  Timer& timer_;
  Clock& clock_;
  const Options options_;
};

}  // namespace gw::concero
