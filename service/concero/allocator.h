// Sends an allocation, at most once.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/timer.h"
#include "service/concero/allocation_outcome.h"
#include "service/http/one_shot_sender.h"
#include "service/http/transport.h"
#include "service/rest/call_context.h"

namespace gw::concero {

/// Until the instant its first byte may leave, the caller's deadline and cancel end an allocation
/// and nothing was sent. From then on nobody can take it back (http::OneShotSender): a caller who
/// stops waiting is told ALLOCATION_IN_DOUBT, while the request goes on and its outcome is logged.
///
/// Repeats are not recognised here: two calls are two allocations.
///
/// Thread safety: Allocate may be called from any thread.
class Allocator {
 public:
  struct Options {
    http::OneShotSender::Options one_shot;
    /// See AllocationAsked::distrust_envelope.
    bool distrust_envelope = false;
  };

  /// All references outlive it and every call.
  Allocator(http::Transport& transport, Timer& timer, Clock& clock, Options options)
      : sender_(transport, timer, clock, options.one_shot),
        distrust_envelope_(options.distrust_envelope) {}

  /// Allocates the valid `candidate_email` to `examination_id`. `done` is told once: the answer, or
  /// a status of JudgeAllocation's, DEADLINE_EXCEEDED and CANCELLED with nothing sent among them.
  /// Statuses carry no request_id.
  void Allocate(int64_t examination_id, std::string candidate_email,
                const rest::CallContext& context, Once<absl::StatusOr<AllocationAnswer>> done);

 private:
  http::OneShotSender sender_;
  const bool distrust_envelope_;
};

}  // namespace gw::concero
