// Sends an allocation, at most once.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "service/base/once.h"
#include "service/concero/allocation_outcome.h"
#include "service/http/transport.h"
#include "service/observe/call_record.h"

namespace gw::concero {

/// Each call is one request that leaves once at most, bound by the upstream's timeout alone.
/// Whether it may be sent at all (repeats, deadlines) is for whoever calls to know.
///
/// Thread safety: Allocate may be called from any thread.
class Allocator {
 public:
  struct Options {
    /// A kept connection idle for longer is not used, see http::Request::max_idle.
    absl::Duration max_idle = absl::Seconds(2);
    /// See AllocationAsked::distrust_envelope.
    bool distrust_envelope = false;
  };
  struct Departure {
    /// See http::Request::before_send: the last word, before any byte leaves.
    std::function<bool()> may_leave;
    /// See http::Request::start_by.
    Instant start_by = Instant::Never();
    /// Only as long as it has not left.
    std::stop_token cancel;
    observe::CallRecordPtr record;
  };

  /// `transport` outlives it and every call.
  Allocator(http::Transport& transport, Options options)
      : transport_(transport), options_(options) {}

  /// Allocates the valid `candidate_email` to `examination_id`. `done` is told once, on any thread,
  /// what JudgeAllocation makes of the outcome; statuses carry no request_id.
  void Allocate(int64_t examination_id, std::string candidate_email, Departure departure,
                Once<AllocationOutcome> done);

 private:
  http::Transport& transport_;
  const Options options_;
};

}  // namespace gw::concero

namespace gw {

/// Nobody knows what became of it.
template <>
struct AbandonedValue<concero::AllocationOutcome> {
  static concero::AllocationOutcome Get() {
    return {concero::AllocationVerdict::kInDoubt,
            {},
            concero::AllocationInDoubt("no answer has come back", 0)};
  }
};

}  // namespace gw
