// Calls that the ledger answers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/base/failure.h"
#include "service/base/once.h"
#include "service/base/patient.h"
#include "service/base/timer.h"
#include "service/ledger/ledger.h"
#include "service/rpc/call.h"

namespace gw::rpc {

/// DEADLINE_EXCEEDED or CANCELLED, of a call that waited for the ledger.
absl::Status StoppedWaitingForLedger(GaveUp why);

/// `status` with the request's id, when it names one that is valid.
absl::Status AboutRequest(const absl::Status& status, const std::string& request_id);

enum class Access { kLooks, kChanges };

/// Has `run` run on the ledger's rows for `call`, unless its caller stops waiting before, then
/// hands the call to `done` with the status; the response counts with OK. A caller who stops
/// waiting is told so at once; what has begun is then done all the same. Thread safety: any thread.
template <class Call, class Done>
void AskLedger(ledger::Ledger& ledger, Timer& timer, Access access, Call call,
               std::function<void(ledger::Rows&)> run, Done done) {
  const CallInfo& info = call.info();
  auto patient = Patient<absl::Status>::Wait(
      [call = std::move(call), done = std::move(done)](const absl::Status& status) mutable {
        done(std::move(call), status);
      },
      info.deadline, info.cancel, timer, &StoppedWaitingForLedger);
  auto unless_gone = [patient, run = std::move(run)](ledger::Rows& rows) {
    if (!patient->ended()) run(rows);
  };
  auto told = [patient](const absl::Status& status) { patient->Complete(status); };
  if (access == Access::kLooks) {
    ledger.Read(std::move(unless_gone), std::move(told));
  } else {
    ledger.Do(std::move(unless_gone), std::move(told));
  }
}

}  // namespace gw::rpc
