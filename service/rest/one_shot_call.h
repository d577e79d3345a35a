// Calls that an upstream may be asked for once only, and of which nothing is recorded.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/base/failure.h"
#include "service/base/once.h"
#include "service/http/one_shot_sender.h"
#include "service/rest/answer.h"
#include "service/rest/call_context.h"

namespace gw::rest {

/// What `decode` (as in Call) makes of a 2xx; else a refusal of the failure table when the upstream
/// did not execute the request; else UNKNOWN, UPSTREAM_OUTCOME_UNKNOWN, also for a 2xx that cannot
/// be decoded. Thread safety: any thread.
template <class Value, class Decode>
absl::StatusOr<Value> JudgeOneShot(const http::Outcome& outcome, absl::string_view target,
                                   const Dialect& dialect, const Decode& decode,
                                   const observe::CallRecord* record) {
  const auto* response = std::get_if<http::Response>(&outcome);
  if (http::StatusOf(outcome, dialect.traits).ok()) {
    absl::StatusOr<Value> value = decode(*response);
    if (value.ok()) return value;
    LogUndecodable(*response, target, value.status(), dialect, record);
    return http::OutcomeUnknown(dialect.traits, response->status);
  }
  const absl::Status refusal = RefusalOf(outcome, dialect, record);
  if (!http::MayHaveBeenExecuted(outcome)) return refusal;
  return http::OutcomeUnknown(dialect.traits, response == nullptr ? 0 : response->status);
}

/// Sends `request` once at most for the call of `context` and tells `done` once, on any thread,
/// what JudgeOneShot makes of the outcome. A caller who stops waiting when it has left is told
/// UPSTREAM_OUTCOME_UNKNOWN; how it ended is logged then (`late_outcome`). `dialect` outlives it.
/// Thread safety: any thread.
template <class Value, class Decode>
void CallOnce(http::OneShotSender& sender, http::Request request, const CallContext& context,
              const Dialect& dialect, Decode decode, Once<absl::StatusOr<Value>> done) {
  request.record = context.record;
  std::string target = request.target;
  const auto judge = [decode = std::move(decode), target, &dialect,
                      record = context.record](const http::Outcome& outcome) {
    return JudgeOneShot<Value>(outcome, target, dialect, decode, record.get());
  };
  sender.Send(
      std::move(request), context.deadline, context.cancel,
      [judge, done = std::move(done)](const http::Outcome& outcome) mutable {
        std::move(done)(judge(outcome));
      },
      [judge, target = std::move(target), &dialect,
       record = context.record](const http::Outcome& outcome) {
        const absl::Status status = judge(outcome).status();
        const absl::string_view ended =
            status.ok() ? absl::string_view("SUCCEEDED") : ReasonName(GetFailure(status).reason);
        observe::LogOf(record.get(), observe::LogLevel::kWarn, "late_outcome",
                       {{"upstream", dialect.traits.name}, {"target", target}, {"outcome", ended}});
      });
}

}  // namespace gw::rest
