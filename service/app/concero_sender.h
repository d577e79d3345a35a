// Concero's allocator as the ledger knows it.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/app/upstream.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/http/upstream_status.h"
#include "service/ledger/allocation_sender.h"

namespace gw::app {

/// Thread safety: as the allocator's.
class ConceroSender : public ledger::AllocationSender {
 public:
  /// Both outlive it.
  ConceroSender(concero::Allocator& allocator, const Upstream& upstream)
      : allocator_(allocator), upstream_(upstream) {}

  absl::Status HasRoom(Instant start_by, size_t ahead) const override {
    if (!upstream_.WouldRefuseOneShot(start_by, ahead)) return absl::OkStatus();
    return http::StatusOf(
        http::TransportError{http::ErrorKind::kOverloaded, http::Phase::kNotConnected, ""},
        concero::Traits());
  }

  void Send(int64_t examination_id, const std::string& candidate_email, Departure departure,
            Once<ledger::Sent> done) override {
    allocator_.Allocate(
        examination_id, candidate_email,
        {std::move(departure.may_leave), departure.start_by, std::move(departure.cancel),
         std::move(departure.record)},
        [done = std::move(done)](concero::AllocationOutcome outcome) mutable {
          std::move(done)({VerdictOf(outcome.verdict), outcome.answer.invite_id,
                           std::move(outcome.answer.invite_link), std::move(outcome.status)});
        });
  }

 private:
  static ledger::Outcome::Verdict VerdictOf(concero::AllocationVerdict verdict) {
    switch (verdict) {
      case concero::AllocationVerdict::kSucceeded:
        return ledger::Outcome::Verdict::kSucceeded;
      case concero::AllocationVerdict::kNotExecuted:
        return ledger::Outcome::Verdict::kNotExecuted;
      case concero::AllocationVerdict::kFailed:
        return ledger::Outcome::Verdict::kFailed;
      case concero::AllocationVerdict::kInDoubt:
        return ledger::Outcome::Verdict::kInDoubt;
    }
    return ledger::Outcome::Verdict::kInDoubt;
  }

  concero::Allocator& allocator_;
  const Upstream& upstream_;
};

}  // namespace gw::app
